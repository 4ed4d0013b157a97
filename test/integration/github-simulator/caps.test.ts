import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEMO_GITHUB_APP } from '../../github-simulator/index.ts';
import type { GitHubSimulator } from '../../github-simulator/index.ts';
import { deviceSignIn } from './device-drive.ts';
import { authorize, getUser, jsonOf, postToken, signIn, startStill } from './drive.ts';

let simulator: GitHubSimulator;
beforeAll(async () => {
  simulator = await startStill({ tokenRequestsPerHour: 30 });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const control = (path: string, body: unknown): Promise<Response> =>
  fetch(`${simulator.controlBase}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('ten new tokens an hour per user, app and scope set', () => {
  const authorizeAlone = async (scope = 'repo'): Promise<number> => {
    simulator.autoApprove({ login: 'octocat', reauthorizes: false });
    return (await authorize(simulator, { scope })).status;
  };
  const signInTimes = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count += 1) await signIn(simulator);
  };

  it('make GitHub ask again, until one of them is an hour old', async () => {
    await signInTimes(9);
    expect(await authorizeAlone()).toBe(302);
    simulator.advanceClock(1);
    await signInTimes(1);
    expect(await authorizeAlone()).toBe(200);
    expect(await (await authorize(simulator)).text()).toContain('Authorize it again');
    expect(await authorizeAlone('gist')).toBe(302);
    simulator.advanceClock(3_599_999);
    expect(await authorizeAlone()).toBe(302);
  });

  it('count those of the device flow, not the refreshed ones', async () => {
    await signInTimes(8);
    const { refresh_token } = await deviceSignIn(simulator, { scope: 'repo offline_access' });
    await postToken(simulator, { grant_type: 'refresh_token', refresh_token: String(refresh_token) });
    expect(await authorizeAlone()).toBe(302);
    await deviceSignIn(simulator);
    expect(await authorizeAlone()).toBe(200);
  });

  it('leave the person who authorizes again through', async () => {
    await signInTimes(10);
    expect(await authorizeAlone()).toBe(200);
    expect(await signIn(simulator)).toHaveProperty('access_token');
    expect((await control('auto-approve', { login: 'octocat', reauthorizes: false })).status).toBe(200);
    expect((await authorize(simulator)).status).toBe(200);
  });
});

describe('the token requests of one app in an hour', () => {
  it('are 429 beyond the cap, with the time to wait, and do not count for another app', async () => {
    for (let count = 0; count < 30; count += 1) {
      expect((await postToken(simulator, { code: 'wrong' })).status).toBe(200);
      simulator.advanceClock(1000);
    }
    const refused = await postToken(simulator, { code: 'wrong' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3570']);
    expect(refused.headers.get('content-type')).toContain('text/html');
    const other = { client_id: DEMO_GITHUB_APP.clientId, client_secret: DEMO_GITHUB_APP.clientSecret };
    expect((await postToken(simulator, { code: 'wrong', ...other })).status).toBe(200);
    simulator.advanceClock(3_570_000);
    expect((await postToken(simulator, { code: 'wrong' })).status).toBe(200);
    expect((await postToken(simulator, { code: 'wrong' })).status).toBe(429);
  });
});

describe('the lockout after bad credentials', () => {
  const statusesOf = async (token: unknown, times: number): Promise<number[]> => {
    const statuses: number[] = [];
    for (let count = 0; count < times; count += 1) statuses.push((await getUser(simulator, token)).status);
    return statuses;
  };
  const revoked = async (): Promise<unknown> => {
    const { access_token } = await signIn(simulator, { scope: 'gist' });
    simulator.revokeToken(String(access_token));
    return access_token;
  };

  it('is off until told', async () => {
    expect(await statusesOf(await revoked(), 15)).toEqual(Array<number>(15).fill(401));
  });

  it('refuses good tokens of that user too, for ten minutes', async () => {
    simulator.setLockout(true);
    const { access_token: good } = await signIn(simulator);
    const bad = await revoked();
    expect(await statusesOf(bad, 9)).toEqual(Array<number>(9).fill(401));
    expect(await statusesOf(good, 1)).toEqual([200]);
    expect(await statusesOf(bad, 2)).toEqual([401, 403]);
    const answer = await getUser(simulator, good);
    expect(answer.status).toBe(403);
    expect((await jsonOf(answer))['message']).toContain('Maximum number of login attempts exceeded');
    simulator.autoApprove({ login: 'hubot' });
    simulator.advanceClock(599_999);
    expect(await statusesOf(good, 1)).toEqual([403]);
    simulator.advanceClock(1);
    expect(await statusesOf(good, 1)).toEqual([200]);
  });

  it('forgets what is five minutes old', async () => {
    simulator.setLockout(true);
    const bad = await revoked();
    await statusesOf(bad, 9);
    simulator.advanceClock(300_000);
    expect(await statusesOf(bad, 9)).not.toContain(403);
  });

  it('counts a made-up token for nobody but its like', async () => {
    expect((await control('lockout', { enabled: true })).status).toBe(200);
    const { access_token: good } = await signIn(simulator);
    expect((await statusesOf('gho_made_up', 12)).slice(-2)).toEqual([403, 403]);
    expect(await statusesOf(good, 1)).toEqual([200]);
    await control('lockout', { enabled: false });
    expect(await statusesOf('gho_made_up', 1)).toEqual([401]);
  });
});

describe('POST /credentials/revoke', () => {
  const revoke = (body: unknown, headers = {}): Promise<Response> =>
    fetch(`${simulator.apiBase}/credentials/revoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  it('ends the listed tokens, given either of a pair, and no other', async () => {
    const first = await signIn(simulator, { scope: 'repo offline_access' });
    const [second, third] = [await signIn(simulator), await signIn(simulator)];
    const credentials = [first['refresh_token'], second['access_token'], 'ghp_unknown'];
    expect((await revoke({ credentials })).status).toBe(202);
    const statuses = [first, second, third].map(async ({ access_token }) => {
      return (await getUser(simulator, access_token)).status;
    });
    expect(await Promise.all(statuses)).toEqual([401, 401, 200]);
  });

  it('takes no authenticated request', async () => {
    const { access_token } = await signIn(simulator);
    const headers = { authorization: `Bearer ${String(access_token)}` };
    expect((await revoke({ credentials: [access_token] }, headers)).status).toBe(403);
    expect((await getUser(simulator, access_token)).status).toBe(200);
  });

  it.each([[{}], [{ credentials: [] }], [{ credentials: [7] }], [{ credentials: Array(1001).fill('x') }]])(
    'is 422 for another body',
    async (body) => {
      expect((await revoke(body)).status).toBe(422);
    },
  );
});
