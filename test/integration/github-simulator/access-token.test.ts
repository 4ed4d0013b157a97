import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEMO_GITHUB_APP, DEMO_OAUTH_APP } from '../../github-simulator/index.ts';
import type { GitHubSimulator } from '../../github-simulator/index.ts';
import {
  CHALLENGE,
  codeFor,
  getUser,
  jsonOf,
  postToken,
  REDIRECT_URI,
  signIn,
  startStill,
  VERIFIER,
} from './drive.ts';

let simulator: GitHubSimulator;
beforeAll(async () => {
  simulator = await startStill();
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const errorOf = async (response: Response): Promise<unknown[]> => [
  response.status,
  ((await response.json()) as { error?: string }).error,
];

describe('the encoding of the answer', () => {
  it.each([
    [
      '*/*',
      'application/x-www-form-urlencoded',
      /^access_token=gho_\w{36}&token_type=bearer&scope=read%3Aorg%2Crepo$/,
    ],
    [
      'application/json',
      'application/json',
      /^{"access_token":"gho_\w{36}","token_type":"bearer","scope":"read:org,repo"}$/,
    ],
    [
      'application/xml',
      'application/xml',
      /<OAuth><access_token>gho_\w{36}<\/access_token>.*<scope>read:org,repo<\/scope><\/OAuth>$/,
    ],
  ])('follows Accept: %s', async (accept, type, text) => {
    const code = await codeFor(simulator, { scope: 'repo read:org' });
    const answer = await postToken(simulator, { code }, { accept });
    expect(answer.headers.get('content-type')).toContain(type);
    expect(await answer.text()).toMatch(text);
  });

  it('is form-encoded for errors too, with status 200', async () => {
    const answer = await postToken(simulator, { code: 'wrong' }, { accept: '*/*' });
    expect(answer.status).toBe(200);
    expect(new URLSearchParams(await answer.text()).get('error_description')).toBe(
      'The code passed is incorrect or expired.',
    );
  });
});

describe('the encoding of the request', () => {
  const credentials = { client_id: DEMO_OAUTH_APP.clientId, client_secret: DEMO_OAUTH_APP.clientSecret };

  it('may be the query', async () => {
    const query = new URLSearchParams({
      ...credentials,
      code: await codeFor(simulator),
      redirect_uri: REDIRECT_URI,
    });
    const url = `${simulator.webBase}/login/oauth/access_token?${query.toString()}`;
    expect(await (await fetch(url, { method: 'POST' })).text()).toMatch(/^access_token=gho_/);
  });

  it('may be JSON', async () => {
    const answer = await fetch(`${simulator.webBase}/login/oauth/access_token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...credentials, code: await codeFor(simulator), redirect_uri: REDIRECT_URI }),
    });
    expect(await answer.text()).toMatch(/^access_token=gho_/);
  });

  it('gives every parameter once', async () => {
    const url = `${simulator.webBase}/login/oauth/access_token?code=a`;
    expect((await fetch(url, { method: 'POST', body: new URLSearchParams({ code: 'b' }) })).status).toBe(400);
  });
});

describe('the code', () => {
  it('works once', async () => {
    const code = await codeFor(simulator);
    expect((await jsonOf(postToken(simulator, { code })))['access_token']).toBeDefined();
    expect(await errorOf(await postToken(simulator, { code }))).toEqual([200, 'bad_verification_code']);
  });

  it('works for ten minutes', async () => {
    const [early, late] = [await codeFor(simulator), await codeFor(simulator)];
    simulator.advanceClock(599_999);
    expect(await errorOf(await postToken(simulator, { code: early }))).toEqual([200, undefined]);
    simulator.advanceClock(1);
    expect(await errorOf(await postToken(simulator, { code: late }))).toEqual([200, 'bad_verification_code']);
  });

  it('belongs to its app', async () => {
    const { clientId: client_id, clientSecret: client_secret } = DEMO_GITHUB_APP;
    const answer = await postToken(simulator, { code: await codeFor(simulator), client_id, client_secret });
    expect(await errorOf(answer)).toEqual([200, 'bad_verification_code']);
  });

  it('needs the redirect_uri of the first leg, to the letter', async () => {
    const changes = { code: await codeFor(simulator), redirect_uri: 'http://localhost:3001/auth/callback' };
    expect(await errorOf(await postToken(simulator, changes))).toEqual([200, 'redirect_uri_mismatch']);
  });

  it('needs its verifier when a challenge was sent, and is used up by a wrong one', async () => {
    const pkce = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };
    const code = await codeFor(simulator, pkce);
    expect(await errorOf(await postToken(simulator, { code, code_verifier: 'x'.repeat(64) }))).toEqual([
      200,
      'bad_verification_code',
    ]);
    expect(await errorOf(await postToken(simulator, { code, code_verifier: VERIFIER }))).toEqual([
      200,
      'bad_verification_code',
    ]);
    expect(await errorOf(await postToken(simulator, { code: await codeFor(simulator, pkce) }))).toEqual([
      200,
      'bad_verification_code',
    ]);
    expect(
      await errorOf(
        await postToken(simulator, { code: await codeFor(simulator, pkce), code_verifier: VERIFIER }),
      ),
    ).toEqual([200, undefined]);
  });

  it('takes no verifier when no challenge was sent', async () => {
    const code = await codeFor(simulator);
    expect(await errorOf(await postToken(simulator, { code, code_verifier: VERIFIER }))).toEqual([
      200,
      'bad_verification_code',
    ]);
  });

  it('gives nothing to a user without a verified address', async () => {
    simulator.putUser({ id: 583231, login: 'octocat', emailVerified: false });
    expect(await errorOf(await postToken(simulator, { code: await codeFor(simulator) }))).toEqual([
      200,
      'unverified_user_email',
    ]);
  });
});

describe('the client', () => {
  it('with a wrong secret gets incorrect_client_credentials and keeps the code usable', async () => {
    const code = await codeFor(simulator);
    expect(await errorOf(await postToken(simulator, { code, client_secret: 'wrong' }))).toEqual([
      200,
      'incorrect_client_credentials',
    ]);
    expect(await errorOf(await postToken(simulator, { code }))).toEqual([200, undefined]);
  });

  it('that is unknown gets 404', async () => {
    expect((await postToken(simulator, { code: 'x', client_id: 'nope' })).status).toBe(404);
  });

  it.each([
    ['password', 'unsupported_grant_type'],
    ['urn:ietf:params:oauth:grant-type:device_code', 'incorrect_device_code'],
  ])('with grant type %s gets %s', async (grant_type, error) => {
    expect(await errorOf(await postToken(simulator, { grant_type }))).toEqual([200, error]);
  });
});

describe('expiring tokens', () => {
  const refresh = (token: unknown): Promise<Response> =>
    postToken(simulator, { grant_type: 'refresh_token', refresh_token: String(token) });

  it('come with offline_access, which is not granted as a scope', async () => {
    expect(await signIn(simulator, { scope: 'repo offline_access' })).toMatchObject({
      expires_in: 28_800,
      refresh_token: expect.stringMatching(/^ghr_\w+$/) as unknown,
      refresh_token_expires_in: 15_897_600,
      scope: 'repo',
    });
  });

  it('come with the app’s setting', async () => {
    simulator.putApp({ ...DEMO_OAUTH_APP, expiringTokens: true });
    expect((await signIn(simulator))['expires_in']).toBe(28_800);
  });

  it('end after eight hours while their refresh token goes on', async () => {
    const first = await signIn(simulator, { scope: 'repo offline_access' });
    simulator.advanceClock(28_800_000 - 1);
    expect((await getUser(simulator, first['access_token'])).status).toBe(200);
    simulator.advanceClock(1);
    expect((await getUser(simulator, first['access_token'])).status).toBe(401);
    expect((await jsonOf(refresh(first['refresh_token'])))['access_token']).toBeDefined();
  });

  it('rotate: both old tokens are dead at once, the scope stays', async () => {
    const first = await signIn(simulator, { scope: 'repo offline_access' });
    const second = await jsonOf(refresh(first['refresh_token']));
    expect(second['scope']).toBe('repo');
    expect((await getUser(simulator, first['access_token'])).status).toBe(401);
    expect((await getUser(simulator, second['access_token'])).status).toBe(200);
    expect(await errorOf(await refresh(first['refresh_token']))).toEqual([200, 'bad_refresh_token']);
  });

  it('cannot be refreshed after six months', async () => {
    const first = await signIn(simulator, { scope: 'offline_access' });
    simulator.advanceClock(15_897_600_000);
    expect(await errorOf(await refresh(first['refresh_token']))).toEqual([200, 'bad_refresh_token']);
  });

  it('cannot be refreshed by another app, and survive the attempt', async () => {
    const first = await signIn(simulator, { scope: 'offline_access' });
    const { clientId: client_id, clientSecret: client_secret } = DEMO_GITHUB_APP;
    const stolen = { grant_type: 'refresh_token', refresh_token: String(first['refresh_token']) };
    expect(await errorOf(await postToken(simulator, { ...stolen, client_id, client_secret }))).toEqual([
      200,
      'bad_refresh_token',
    ]);
    expect((await getUser(simulator, first['access_token'])).status).toBe(200);
  });
});

describe('ten live tokens', () => {
  it('per user, app and scope set: the eleventh revokes the oldest', async () => {
    const other = await signIn(simulator, { scope: 'gist' });
    const tokens: unknown[] = [];
    for (let count = 0; count < 11; count += 1) tokens.push((await signIn(simulator))['access_token']);
    const statuses = await Promise.all(tokens.map(async (token) => (await getUser(simulator, token)).status));
    expect(statuses).toEqual([401, ...Array<number>(10).fill(200)]);
    expect((await getUser(simulator, other['access_token'])).status).toBe(200);
    expect(simulator.tokens()).toContainEqual({
      login: 'octocat',
      clientId: DEMO_OAUTH_APP.clientId,
      scopes: ['repo'],
      live: 10,
    });
  });

  it('are not used up by refreshing', async () => {
    let pair = await signIn(simulator, { scope: 'repo offline_access' });
    const neighbour = await signIn(simulator);
    for (let count = 0; count < 12; count += 1) {
      const grant = { grant_type: 'refresh_token', refresh_token: String(pair['refresh_token']) };
      pair = await jsonOf(postToken(simulator, grant));
    }
    expect((await getUser(simulator, neighbour['access_token'])).status).toBe(200);
    expect(simulator.tokens()).toEqual([expect.objectContaining({ live: 2 })]);
  });
});
