import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../shared/clock.ts';
import type { Store } from '../../../shared/store/index.ts';
import { keys, openSqliteStore } from '../../../shared/store/index.ts';
import { DEMO_GITHUB_APP, DEMO_OAUTH_APP, HUBOT, OCTOCAT } from '../../github-simulator/index.ts';
import { expectOAuthError } from '../../support/expect-answer.ts';
import { callTool, postForm, refreshRequest, signIn } from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

const SWEEP_MS = 5_000;
const drivers = ['an OAuth App', 'a GitHub App'] as const;

/** A worker that is answered 401 by GitHub. */
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
    // A dead refresh token is looked at twice, a moment apart.
    await vi.waitFor(
      async () => {
        expect((await call(session)).status).toBe(401);
      },
      { timeout: 10_000 },
    );
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

  const SUSPENDED = { message: 'Sorry. Your account was suspended' };
  const readFile = async ({ tokens }: Session) => {
    const query = { owner: 'octocat', repo: 'hello-world', path: 'README.md', fullContent: true };
    const args = { queries: [query] };
    const answer = await callTool(stack.mcpUrl, tokens.access_token, 'githubGetFileContent', args);
    return await answer.text();
  };
  const endReasons = (from: number) =>
    stack.events.slice(from).flatMap((event) => (event.type === 'grant.ended' ? [event.reason] : []));

  it('because GitHub suspended the person ends every grant of the person, within a sweep', async () => {
    const [caller, idle] = [await signIn(stack), await signIn(stack)];
    const other = await signIn(stack, { login: HUBOT.login });
    const start = stack.events.length;
    stack.github.suspend(OCTOCAT.login, true);
    expect(await readFile(caller)).toContain('suspended');
    await followUp();
    for (const session of [caller, idle]) {
      await vi.waitFor(async () => {
        expect((await call(session)).status).toBe(401);
      });
      await expectOAuthError(await refresh(session), 400, 'invalid_grant');
    }
    expect(new Set(endReasons(start))).toEqual(new Set(['revoked_at_github']));
    expect(endReasons(start).length).toBeGreaterThanOrEqual(2);
    expect((await call(other)).status).toBe(200);
    stack.github.suspend(OCTOCAT.login, false);
    expect(await readFile(await signIn(stack))).toContain('hello-world');
  });

  it('because GitHub suspended the person, said with 401, does so too', async () => {
    const session = await signIn(stack);
    stack.github.setFaults([
      { match: { pathPrefix: '/user' }, action: 'status', status: 401, json: SUSPENDED, times: 100 },
    ]);
    expect(await (await call(session)).text()).toContain('suspended');
    await followUp();
    await vi.waitFor(async () => {
      expect((await call(session)).status).toBe(401);
    });
  });

  it.each([
    ['a repository’s owner is suspended', '/repos/', SUSPENDED],
    ['an installation is suspended', '/repos/', { message: 'This installation has been suspended' }],
    ['the app itself is suspended', '/', { message: 'This GitHub App has been suspended' }],
  ])('because %s ends nothing', async (_title, pathPrefix, json) => {
    const session = await signIn(stack);
    const start = stack.events.length;
    stack.github.setFaults([
      { match: { host: 'api', pathPrefix }, action: 'status', status: 403, json, times: 10_000 },
    ]);
    await readFile(session);
    // Whatever the worker said: as if it had reported.
    const store = await openSqliteStore({ folder: stack.stateDir, clock: systemClock });
    const { gid } = decodeJwt(session.tokens.access_token);
    await store.addMember(
      keys.refusedCredentials(new URL(stack.github.webBase).host),
      String(gid),
      Date.now(),
    );
    await followUp();
    await untilSettled(store, String(gid));
    await store.close();
    stack.github.setFaults([]);
    expect(endReasons(start)).toEqual([]);
    expect(await (await call(session)).text()).toContain(OCTOCAT.login);
  });

  /** The grant is not due any more: the sweep has taken it out, or put it off. */
  async function untilSettled(store: Store, grantId: string): Promise<void> {
    await vi.waitFor(async () => {
      expect(
        await store.membersUntil(keys.refusedCredentials(new URL(stack.github.webBase).host), Date.now(), 10),
      ).not.toContain(grantId);
    });
  }

  it('because of a suspension is asked about again while GitHub cannot say who the token belongs to', async () => {
    // A person of whom no other grant waits to be asked about.
    const session = await signIn(stack, { login: HUBOT.login });
    stack.github.suspend(HUBOT.login, true);
    expect(await (await call(session)).text()).toContain('suspended');
    const start = stack.events.length;
    stack.github.setFaults([{ match: { pathPrefix: '/user' }, action: 'status', status: 503, times: 1 }]);
    await followUp();
    await vi.advanceTimersByTimeAsync(30_000);
    // No further call reports it.
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(SWEEP_MS);
      expect(endReasons(start)).toContain('revoked_at_github');
    });
    await vi.waitFor(async () => {
      expect((await call(session)).status).toBe(401);
    });
    stack.github.suspend(HUBOT.login, false);
  });
});
