import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEMO_GITHUB_APP } from '../../github-simulator/index.ts';
import type { GitHubSimulator } from '../../github-simulator/index.ts';
import { getUser, jsonOf, signIn, START, startStill } from './drive.ts';

let simulator: GitHubSimulator;
beforeAll(async () => {
  simulator = await startStill({ rateLimitPerHour: 3 });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

describe('GET /user', () => {
  it('tells who the token belongs to, its scopes, the request id and the rate', async () => {
    const { access_token } = await signIn(simulator, { scope: 'repo read:user' });
    const answer = await getUser(simulator, access_token);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-oauth-scopes': 'read:user, repo',
      'x-github-request-id': expect.stringMatching(/^[0-9A-F]{4}:/) as unknown,
      'x-ratelimit-limit': '3',
      'x-ratelimit-remaining': '2',
      'x-ratelimit-used': '1',
      'x-ratelimit-reset': String(START / 1000 + 3600),
      'x-ratelimit-resource': 'core',
    });
    expect(await answer.json()).toMatchObject({
      id: 583231,
      login: 'octocat',
      two_factor_authentication: true,
    });
  });

  it('keeps private members from a token without read:user', async () => {
    const { access_token } = await signIn(simulator, { scope: 'repo' });
    expect(await jsonOf(getUser(simulator, access_token))).not.toHaveProperty('two_factor_authentication');
  });

  it('takes the token scheme too', async () => {
    const { access_token } = await signIn(simulator);
    const answer = await getUser(simulator, '', { authorization: `token ${String(access_token)}` });
    expect(answer.status).toBe(200);
  });

  it('sends no scope header to a GitHub App', async () => {
    const { clientId: client_id, clientSecret: client_secret } = DEMO_GITHUB_APP;
    const { access_token } = await signIn(simulator, { client_id }, { client_id, client_secret });
    expect((await getUser(simulator, access_token)).headers.has('x-oauth-scopes')).toBe(false);
  });

  it.each(['gho_unknown', '', 'x y'])('answers 401 Bad credentials to the token %j', async (token) => {
    const answer = await getUser(simulator, token);
    expect([answer.status, (await jsonOf(answer))['message']]).toEqual([401, 'Bad credentials']);
  });

  it('answers 401 without a token', async () => {
    expect((await fetch(`${simulator.apiBase}/user`)).status).toBe(401);
  });

  it('answers 401 after the token or the app was revoked', async () => {
    const { access_token } = await signIn(simulator);
    expect(simulator.revokeToken(String(access_token))).toBe(true);
    expect((await getUser(simulator, access_token)).status).toBe(401);
    const { access_token: other } = await signIn(simulator);
    simulator.revokeApp('octocat', 'Ov23simulated0000001');
    expect((await getUser(simulator, other)).status).toBe(401);
  });

  it('answers 403 to a suspended user', async () => {
    const { access_token } = await signIn(simulator);
    simulator.suspend('octocat', true);
    const answer = await getUser(simulator, access_token);
    expect([answer.status, (await jsonOf(answer))['message']]).toEqual([
      403,
      'Sorry. Your account was suspended',
    ]);
  });

  it('knows an account by id: a renamed user keeps the token, the login may be another’s', async () => {
    const { access_token } = await signIn(simulator);
    simulator.putUser({ id: 583231, login: 'octocat-renamed' });
    simulator.putUser({ id: 99, login: 'octocat' });
    expect(await jsonOf(getUser(simulator, access_token))).toMatchObject({
      id: 583231,
      login: 'octocat-renamed',
    });
  });
});

describe('the protocol', () => {
  it('refuses a request without User-Agent', async () => {
    const status = await new Promise((resolve, reject) => {
      request(`${simulator.apiBase}/zen`, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  it.each([
    ['2022-11-28', 200],
    ['2026-03-10', 200],
    ['2020-01-01', 400],
  ])('answers API version %s with %d', async (version, status) => {
    const answer = await fetch(`${simulator.apiBase}/zen`, { headers: { 'x-github-api-version': version } });
    expect(answer.status).toBe(status);
  });

  it('answers 404 in JSON to everything else', async () => {
    const answer = await fetch(`${simulator.apiBase}/repos/o/r`);
    expect([answer.status, (await jsonOf(answer))['message']]).toEqual([404, 'Not Found']);
  });

  it('serves /meta and /zen without a token', async () => {
    expect((await fetch(`${simulator.apiBase}/meta`)).status).toBe(200);
    expect(await (await fetch(`${simulator.apiBase}/zen`)).text()).toBe('Design for failure.');
  });
});

describe('the primary rate limit', () => {
  it('refuses after the hour’s budget, and starts again with the next hour', async () => {
    const { access_token } = await signIn(simulator);
    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1) statuses.push((await getUser(simulator, access_token)).status);
    expect(statuses).toEqual([200, 200, 200, 403]);
    expect((await getUser(simulator, access_token)).headers.get('x-ratelimit-remaining')).toBe('0');
    simulator.advanceClock(3_600_000);
    expect((await getUser(simulator, access_token)).status).toBe(200);
  });

  it('is told by /rate_limit without counting', async () => {
    const { access_token } = await signIn(simulator);
    const headers = { authorization: `Bearer ${String(access_token)}` };
    await getUser(simulator, access_token);
    await fetch(`${simulator.apiBase}/rate_limit`, { headers });
    const answer = await jsonOf(fetch(`${simulator.apiBase}/rate_limit`, { headers }));
    expect(answer).toMatchObject({ rate: { limit: 3, used: 1, remaining: 2 } });
  });
});
