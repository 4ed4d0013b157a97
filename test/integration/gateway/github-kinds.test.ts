import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { githubHostFromBases } from '../../../shared/github/index.ts';
import { DEMO_OAUTH_APP, OCTOCAT } from '../../github-simulator/index.ts';
import { APP_KINDS, appClientId, appEnvironment } from '../../support/github-apps.ts';
import { HOUR_MS, MINUTE_MS } from '../../support/movable-clock.ts';
import { callTool, postForm, refreshRequest, signIn } from '../../support/oauth-client.ts';
import type { Tokens } from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

const KINDS = [
  { name: 'github.com', profile: 'github.com', ghesVersion: undefined },
  { name: 'ghe.com', profile: 'ghe.com', ghesVersion: undefined },
  { name: 'GHES 3.23', profile: 'ghes', ghesVersion: '3.23' },
  { name: 'GHES 3.19', profile: 'ghes', ghesVersion: '3.19' },
] as const;

const CASES = KINDS.flatMap((kind) => APP_KINDS.map((app) => ({ ...kind, app })));

/** The layouts of github.com, ghe.com and a server of one's own, against the simulator's profiles. */
describe.each(CASES)('$name with $app', ({ profile, ghesVersion, app }) => {
  const isServer = profile === 'ghes';
  /** Only a GitHub Enterprise Server before 3.23 knows no expiring tokens of OAuth Apps. */
  const expires = app === 'GitHub App' || ghesVersion !== '3.19';
  let stack: Stack;
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval'] });
    stack = await startStack({ env: appEnvironment(app), github: { profile, ghesVersion } });
    stack.github.putApp({ ...DEMO_OAUTH_APP, expiringTokens: true });
  });
  afterAll(async () => {
    await stack.close();
    vi.useRealTimers();
  });

  const entries = (path: string) => stack.github.journal().filter((entry) => entry.path === path);
  const refresh = async ({ client, tokens }: Awaited<ReturnType<typeof signIn>>) =>
    await postForm(`${stack.publicUrl}/token`, refreshRequest(client, tokens.refresh_token));
  const call = async ({ access_token: token }: Pick<Tokens, 'access_token'>) =>
    await (await callTool(stack.mcpUrl, token)).text();

  it('signs in, with PKCE where it is documented, and calls a tool', async () => {
    const { tokens } = await signIn(stack);
    expect(entries('/login/oauth/authorize')[0]?.queryKeys.includes('code_challenge')).toBe(!isServer);
    expect(stack.github.sightings('code_verifier').length > 0).toBe(!isServer);
    expect(await call(tokens)).toContain(OCTOCAT.login);
    expect(stack.github.apiBase.endsWith('/api/v3')).toBe(isServer);
    expect(entries('/user').every(({ host, status }) => host === 'api' && status === 200)).toBe(true);
  });

  it.each([true, false])('signs in whether the callback carries `iss` or not: %j', async (sends) => {
    stack.github.sendIssuer(sends);
    expect(await call((await signIn(stack)).tokens)).toContain(OCTOCAT.login);
  });

  it('refreshes a token that runs out, and leaves one alone that does not', async () => {
    const session = await signIn(stack);
    vi.setSystemTime(Date.now() + 8 * HOUR_MS - MINUTE_MS);
    const before = entries('/login/oauth/access_token').length;
    const answer = await refresh(session);
    expect(answer.status).toBe(200);
    expect(entries('/login/oauth/access_token').length - before).toBe(expires ? 1 : 0);
    vi.setSystemTime(Date.now() + 2 * MINUTE_MS);
    expect(await call((await answer.json()) as Tokens)).toContain(OCTOCAT.login);
  });

  it('deletes the token at the API of this GitHub when its grant was revoked', async () => {
    const { client, tokens } = await signIn(stack);
    const form = { token: tokens.refresh_token, client_id: client.clientId };
    expect((await postForm(`${stack.publicUrl}/revoke`, form)).status).toBe(200);
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    const deletion = {
      host: 'api',
      method: 'DELETE',
      path: `/applications/${appClientId(app)}/token`,
      status: 204,
    };
    await vi.waitFor(() => {
      expect(stack.github.journal()).toContainEqual(expect.objectContaining(deletion));
    });
  });
});

it('a loopback API below /api/v3 is a GitHub Enterprise Server', () => {
  const bases = { webBase: 'http://127.0.0.1:3001', apiBase: 'http://127.0.0.1:3001/api/v3' };
  expect(githubHostFromBases(bases)).toMatchObject({ kind: 'ghes', pkce: false });
});
