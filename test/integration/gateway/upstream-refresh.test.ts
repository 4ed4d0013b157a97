import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEMO_GITHUB_APP, OCTOCAT } from '../../github-simulator/index.ts';
import { callTool, postForm, refreshRequest, signIn } from '../../support/oauth-client.ts';
import type { Tokens } from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

const HOUR = 3_600_000;
const githubApp = {
  GITHUB_OAUTH_CLIENT_ID: DEMO_GITHUB_APP.clientId,
  GITHUB_OAUTH_CLIENT_SECRET: DEMO_GITHUB_APP.clientSecret,
  GITHUB_OAUTH_SCOPES: 'none',
};

/** A GitHub App's user tokens live 8 hours and are refreshed. */
describe('an expiring GitHub token', () => {
  let stack: Stack;
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    stack = await startStack({ gateways: 2, workers: 1, env: githubApp });
  });
  afterAll(async () => {
    await stack.close();
    vi.useRealTimers();
  });
  beforeEach(() => {
    stack.github.setFaults([]);
  });
  afterEach(() => {
    stack.github.setFaults([]);
  });

  const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
  const refresh = async (
    session: { client: { clientId: string; redirectUri: string } },
    token: string,
    at = stack.publicUrl,
  ) => await postForm(`${at}/token`, refreshRequest(session.client, token));
  const upstreamRefreshes = () =>
    stack.github.journal().filter((entry) => entry.path === '/login/oauth/access_token').length;

  it('belongs to a sign-in without any scope', async () => {
    const { tokens } = await signIn(stack, { parameters: { scope: undefined } });
    expect(tokens.scope).toBe('');
    expect(await (await callTool(stack.mcpUrl, tokens.access_token)).text()).toContain(OCTOCAT.login);
  });

  it('is refreshed before a token is issued that would outlive it, once for all gateways (F41)', async () => {
    const session = await signIn(stack);
    pass(8 * HOUR - 60_000);
    const before = upstreamRefreshes();
    const answers = await Promise.all(
      Array.from(
        { length: 10 },
        async (_, index) => await refresh(session, session.tokens.refresh_token, stack.gateways[index % 2]),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(upstreamRefreshes() - before).toBe(1);
    const { access_token: accessToken, expires_in: expiresIn } = (await answers[0]?.json()) as Tokens;
    expect(expiresIn).toBe(300);
    pass(120_000);
    expect(await (await callTool(stack.mcpUrl, accessToken)).text()).toContain(OCTOCAT.login);
  });

  it('shortens the JWT to what is left of it while GitHub is away', async () => {
    const session = await signIn(stack);
    pass(8 * HOUR - 60_000);
    stack.github.setFaults([
      { match: { pathPrefix: '/login/oauth/access_token' }, action: 'status', status: 503, times: 100 },
    ]);
    const answer = await refresh(session, session.tokens.refresh_token);
    expect(answer.status).toBe(200);
    expect(((await answer.json()) as Tokens).expires_in).toBeLessThanOrEqual(60);
  });

  it('that ran out while GitHub is away costs a 503 and nothing else', async () => {
    const session = await signIn(stack);
    pass(9 * HOUR);
    stack.github.setFaults([
      { match: { pathPrefix: '/login/oauth/access_token' }, action: 'status', status: 503, times: 100 },
    ]);
    const away = await refresh(session, session.tokens.refresh_token);
    expect(away.status).toBe(503);
    expect(away.headers.get('retry-after')).not.toBeNull();
    expect(await away.json()).toMatchObject({ error: 'temporarily_unavailable' });
    stack.github.setFaults([]);
    expect((await refresh(session, session.tokens.refresh_token)).status).toBe(200);
  });

  it('whose refresh token GitHub refuses ends the grant, so that the person is asked to sign in', async () => {
    const session = await signIn(stack);
    stack.github.revokeApp(OCTOCAT.login, DEMO_GITHUB_APP.clientId);
    pass(9 * HOUR);
    const answer = await refresh(session, session.tokens.refresh_token);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'invalid_grant' });
    expect(stack.events).toContainEqual(
      expect.objectContaining({ type: 'grant.ended', reason: 'credential_gone' }),
    );
  });

  it('survives a wrong client secret of ours: nobody is signed out', async () => {
    const session = await signIn(stack);
    pass(9 * HOUR);
    const body = JSON.stringify({ error: 'incorrect_client_credentials' });
    stack.github.setFaults([
      { match: { pathPrefix: '/login/oauth/access_token' }, action: 'body', status: 200, body, times: 100 },
    ]);
    expect((await refresh(session, session.tokens.refresh_token)).status).toBe(503);
    stack.github.setFaults([]);
    expect((await refresh(session, session.tokens.refresh_token)).status).toBe(200);
  });
});
