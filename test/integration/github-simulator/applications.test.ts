import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEMO_GITHUB_APP, DEMO_OAUTH_APP } from '../../github-simulator/index.ts';
import type { GitHubSimulator } from '../../github-simulator/index.ts';
import { asApp, basic, getUser, jsonOf, postToken, signIn, startStill } from './drive.ts';

let simulator: GitHubSimulator;
beforeAll(async () => {
  simulator = await startStill();
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

describe('/applications/{client_id}', () => {
  it('describes a live token of the app', async () => {
    const { access_token } = await signIn(simulator, { scope: 'repo offline_access' });
    expect(await jsonOf(asApp(simulator, ['POST', 'token'], { access_token }))).toMatchObject({
      scopes: ['repo'],
      token_last_eight: String(access_token).slice(-8),
      app: { client_id: DEMO_OAUTH_APP.clientId },
      user: { id: 583231, login: 'octocat' },
      expires_at: '2026-11-23T08:00:00.000Z',
    });
  });

  it('answers 404 for an unknown token and 422 without one', async () => {
    expect((await asApp(simulator, ['POST', 'token'], { access_token: 'gho_x' })).status).toBe(404);
    expect((await asApp(simulator, ['POST', 'token'], {})).status).toBe(422);
    expect((await asApp(simulator, ['POST', 'token'], { access_token: 7 })).status).toBe(422);
  });

  it('does not know a token of another app', async () => {
    const { clientId: client_id, clientSecret: client_secret } = DEMO_GITHUB_APP;
    const { access_token } = await signIn(simulator, { client_id }, { client_id, client_secret });
    expect((await asApp(simulator, ['POST', 'token'], { access_token })).status).toBe(404);
    expect((await asApp(simulator, ['DELETE', 'token'], { access_token })).status).toBe(422);
    expect((await getUser(simulator, access_token)).status).toBe(200);
  });

  it.each([
    ['a wrong secret', basic({ ...DEMO_OAUTH_APP, clientSecret: 'wrong' }), 401],
    ['no Basic credentials', 'Bearer x', 401],
    ['another app’s credentials', basic(DEMO_GITHUB_APP), 404],
  ])('refuses %s', async (_name, authorization, status) => {
    const { access_token } = await signIn(simulator);
    expect((await asApp(simulator, ['DELETE', 'token'], { access_token }, authorization)).status).toBe(
      status,
    );
    expect((await getUser(simulator, access_token)).status).toBe(200);
  });

  it('replaces a token, effective at once', async () => {
    const { access_token } = await signIn(simulator);
    const fresh = (await jsonOf(asApp(simulator, ['PATCH', 'token'], { access_token })))['token'];
    expect((await getUser(simulator, access_token)).status).toBe(401);
    expect((await getUser(simulator, fresh)).status).toBe(200);
  });

  it('ends one token together with its refresh token', async () => {
    const first = await signIn(simulator, { scope: 'repo offline_access' });
    const second = await signIn(simulator);
    const { access_token, refresh_token } = first;
    expect((await asApp(simulator, ['DELETE', 'token'], { access_token })).status).toBe(204);
    expect((await getUser(simulator, access_token)).status).toBe(401);
    const grant = { grant_type: 'refresh_token', refresh_token: String(refresh_token) };
    expect((await jsonOf(postToken(simulator, grant)))['error']).toBe('bad_refresh_token');
    expect((await getUser(simulator, second['access_token'])).status).toBe(200);
  });

  it('ends every token of the user with the grant, and forgets the scopes', async () => {
    const [first, second] = [await signIn(simulator), await signIn(simulator, { scope: 'gist' })];
    const { access_token } = first;
    expect((await asApp(simulator, ['DELETE', 'grant'], { access_token })).status).toBe(204);
    expect((await getUser(simulator, second['access_token'])).status).toBe(401);
    expect((await signIn(simulator, { scope: undefined }))['scope']).toBe('');
  });
});
