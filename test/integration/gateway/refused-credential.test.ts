import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEMO_GITHUB_APP, DEMO_OAUTH_APP, OCTOCAT } from '../../github-simulator/index.ts';
import { callTool, postForm, refreshRequest, signIn } from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

const SWEEP_MS = 5_000;
const drivers = ['an OAuth App', 'a GitHub App'] as const;

/** A worker that is answered 401 by GitHub: facts/github §1.5 and design §6. */
describe.each(drivers)('a token that GitHub refuses, of %s', (app) => {
  let stack: Stack;
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval'] });
    const githubApp = {
      GITHUB_OAUTH_CLIENT_ID: DEMO_GITHUB_APP.clientId,
      GITHUB_OAUTH_CLIENT_SECRET: DEMO_GITHUB_APP.clientSecret,
      GITHUB_OAUTH_SCOPES: 'none',
    };
    const env = app === 'a GitHub App' ? { env: githubApp } : {};
    stack = await startStack({ gateways: 2, workers: 1, ...env });
  });
  afterAll(async () => {
    await stack.close();
    vi.useRealTimers();
  });
  beforeEach(() => {
    stack.github.setFaults([]);
  });

  const clientId = app === 'a GitHub App' ? DEMO_GITHUB_APP.clientId : DEMO_OAUTH_APP.clientId;
  type Session = Awaited<ReturnType<typeof signIn>>;
  const call = async ({ tokens }: Session) => await callTool(stack.mcpUrl, tokens.access_token);
  const refresh = async ({ client, tokens }: Session) =>
    await postForm(`${stack.publicUrl}/token`, refreshRequest(client, tokens.refresh_token));
  const probes = () =>
    stack.github.journal().filter(({ method, path }) => method === 'POST' && path.endsWith('/token')).length;
  /** Lets the sweepers run until one of them has asked GitHub about a token. */
  const followUp = async () => {
    const before = probes();
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(SWEEP_MS);
      expect(probes()).toBeGreaterThan(before);
    });
  };

  it('because the person revoked the app ends the grant: the client is sent to sign in', async () => {
    const session = await signIn(stack);
    expect(await (await call(session)).text()).toContain(OCTOCAT.login);
    stack.github.revokeApp(OCTOCAT.login, clientId);
    const refused = await (await call(session)).text();
    expect(refused).toContain('auth_revoked');
    await followUp();
    await vi.waitFor(async () => {
      expect((await call(session)).status).toBe(401);
    });
    const answer = await refresh(session);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'invalid_grant' });
    const again = await signIn(stack);
    expect(await (await call(again)).text()).toContain(OCTOCAT.login);
  });

  it('once, although it is good, ends nothing', async () => {
    const session = await signIn(stack);
    stack.github.setFaults([{ match: { pathPrefix: '/user' }, action: 'status', status: 401, times: 1 }]);
    expect(await (await call(session)).text()).toContain('auth_revoked');
    await followUp();
    expect(await (await call(session)).text()).toContain(OCTOCAT.login);
  });

  it('while the question whether it is good cannot be asked, ends nothing', async () => {
    const session = await signIn(stack);
    stack.github.setFaults([
      { match: { pathPrefix: '/user' }, action: 'status', status: 401, times: 1 },
      { match: { pathPrefix: '/applications/' }, action: 'status', status: 503, times: 100 },
    ]);
    expect(await (await call(session)).text()).toContain('auth_revoked');
    await followUp();
    expect(await (await call(session)).text()).toContain(OCTOCAT.login);
    expect((await refresh(session)).status).toBe(200);
  });
});
