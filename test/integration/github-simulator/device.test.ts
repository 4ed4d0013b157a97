import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEMO_GITHUB_APP, DEMO_OAUTH_APP } from '../../github-simulator/index.ts';
import type { GitHubSimulator } from '../../github-simulator/index.ts';
import { deviceSignIn, poll, postDevicePage, publicToken, startDevice } from './device-drive.ts';
import { getUser, jsonOf, postToken, signIn, startStill } from './drive.ts';

let simulator: GitHubSimulator;
beforeAll(async () => {
  simulator = await startStill();
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const begin = async (changes: Record<string, string> = {}) => {
  const { device_code, user_code } = await jsonOf(startDevice(simulator, changes));
  return { deviceCode: String(device_code), userCode: String(user_code) };
};

describe('POST /login/device/code', () => {
  it('answers the two codes, the page, the lifetime and the interval (RFC 8628 §3.2)', async () => {
    expect(await jsonOf(startDevice(simulator))).toEqual({
      device_code: expect.stringMatching(/^[a-z0-9]{40}$/) as unknown,
      user_code: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/) as unknown,
      verification_uri: `${simulator.webBase}/login/device`,
      expires_in: 900,
      interval: 5,
    });
  });

  it('is form-encoded unless Accept says otherwise', async () => {
    const text = await (await startDevice(simulator, {}, { accept: '*/*' })).text();
    expect(new URLSearchParams(text).get('expires_in')).toBe('900');
  });

  it('refuses an app without the setting, at both ends', async () => {
    const { deviceCode } = await begin();
    simulator.putApp({ ...DEMO_OAUTH_APP, deviceFlow: false });
    expect((await jsonOf(startDevice(simulator)))['error']).toBe('device_flow_disabled');
    expect((await poll(simulator, deviceCode))['error']).toBe('device_flow_disabled');
  });

  it('answers 404 to an unknown app and 400 to a name given twice', async () => {
    expect((await startDevice(simulator, { client_id: 'nope' })).status).toBe(404);
    const url = `${simulator.webBase}/login/device/code?scope=repo`;
    expect((await fetch(url, { method: 'POST', body: new URLSearchParams({ scope: 'gist' }) })).status).toBe(
      400,
    );
  });
});

describe('polling with a device code', () => {
  it('needs no secret and gives the token once', async () => {
    const { deviceCode, userCode } = await begin({ scope: 'repo read:org' });
    simulator.approveDevice({ userCode, login: 'hubot', scopes: ['repo'] });
    const answer = await poll(simulator, deviceCode);
    expect(answer).toMatchObject({ token_type: 'bearer', scope: 'repo' });
    expect(await jsonOf(getUser(simulator, answer['access_token']))).toMatchObject({ login: 'hubot' });
    expect((await poll(simulator, deviceCode))['error']).toBe('incorrect_device_code');
  });

  it('is pending until the user answers', async () => {
    const { deviceCode } = await begin();
    expect((await poll(simulator, deviceCode))['error']).toBe('authorization_pending');
    simulator.advanceClock(5000);
    expect((await poll(simulator, deviceCode))['error']).toBe('authorization_pending');
  });

  it('grows the interval by 5 seconds with each poll that comes too early (RFC 8628 §3.5)', async () => {
    const { deviceCode, userCode } = await begin();
    await poll(simulator, deviceCode);
    simulator.advanceClock(4999);
    expect(await poll(simulator, deviceCode)).toMatchObject({ error: 'slow_down', interval: 10 });
    simulator.approveDevice({ userCode, login: 'octocat' });
    simulator.advanceClock(9999);
    expect(await poll(simulator, deviceCode)).toMatchObject({ error: 'slow_down', interval: 15 });
    simulator.advanceClock(15_000);
    expect(await poll(simulator, deviceCode)).toHaveProperty('access_token');
  });

  it('ends with expired_token after 15 minutes, also when the user agreed', async () => {
    const { deviceCode, userCode } = await begin();
    simulator.approveDevice({ userCode, login: 'octocat' });
    simulator.advanceClock(900_000);
    expect((await poll(simulator, deviceCode))['error']).toBe('expired_token');
    const late = await begin();
    simulator.approveDevice({ userCode: late.userCode, login: 'octocat' });
    simulator.advanceClock(899_999);
    expect(await poll(simulator, late.deviceCode)).toHaveProperty('access_token');
  });

  it('says access_denied when the user denied', async () => {
    const { deviceCode, userCode } = await begin();
    simulator.approveDevice({ userCode, login: 'octocat', deny: true });
    expect((await poll(simulator, deviceCode))['error']).toBe('access_denied');
  });

  it('does not know the code of another app, nor a made-up one', async () => {
    const { deviceCode, userCode } = await begin();
    simulator.approveDevice({ userCode, login: 'octocat' });
    const stolen = { client_id: DEMO_GITHUB_APP.clientId };
    expect((await poll(simulator, deviceCode, stolen))['error']).toBe('incorrect_device_code');
    expect((await poll(simulator, 'x'.repeat(40)))['error']).toBe('incorrect_device_code');
    expect(await poll(simulator, deviceCode)).toHaveProperty('access_token');
  });

  it('refuses a wrong secret, and a user without a verified address', async () => {
    const { deviceCode, userCode } = await begin();
    simulator.approveDevice({ userCode, login: 'octocat' });
    const wrong = { client_secret: 'wrong' };
    expect((await poll(simulator, deviceCode, wrong))['error']).toBe('incorrect_client_credentials');
    simulator.putUser({ id: 583231, login: 'octocat', emailVerified: false });
    expect((await poll(simulator, deviceCode))['error']).toBe('unverified_user_email');
  });

  it('gives a GitHub App a token without scopes that expires', async () => {
    const client_id = DEMO_GITHUB_APP.clientId;
    const { deviceCode, userCode } = await begin({ client_id });
    simulator.approveDevice({ userCode, login: 'octocat' });
    expect(await poll(simulator, deviceCode, { client_id })).toMatchObject({
      access_token: expect.stringMatching(/^ghu_/) as unknown,
      scope: '',
      expires_in: 28_800,
    });
  });
});

describe('the tokens of the device flow', () => {
  const refreshWith = (token: unknown) =>
    publicToken(simulator, { grant_type: 'refresh_token', refresh_token: String(token) });

  it('are refreshed without the secret, again and again, each pair once', async () => {
    const first = await deviceSignIn(simulator, { scope: 'repo offline_access' });
    const second = await refreshWith(first['refresh_token']);
    expect(second).toHaveProperty('access_token');
    expect((await refreshWith(first['refresh_token']))['error']).toBe('bad_refresh_token');
    expect(await refreshWith(second['refresh_token'])).toHaveProperty('access_token');
  });

  it('are the only ones: a token of the web flow needs the secret', async () => {
    const { refresh_token } = await signIn(simulator, { scope: 'offline_access' });
    expect((await refreshWith(refresh_token))['error']).toBe('incorrect_client_credentials');
    expect((await refreshWith('ghr_unknown'))['error']).toBe('incorrect_client_credentials');
    const grant = { grant_type: 'refresh_token', refresh_token: String(refresh_token) };
    expect(await jsonOf(postToken(simulator, grant))).toHaveProperty('access_token');
  });
});

describe('/login/device', () => {
  it('takes the code in any case and without the dash, shows who asks for what, and stores the answer', async () => {
    const { deviceCode, userCode } = await begin({ scope: 'repo gist' });
    const entry = await fetch(`${simulator.webBase}/login/device`);
    expect(await entry.text()).toContain('name="user_code"');
    const typed = userCode.toLowerCase().replace('-', '');
    const consent = await (await postDevicePage(simulator, { user_code: typed })).text();
    for (const shown of [DEMO_OAUTH_APP.name, userCode, 'value="gist"', 'value="hubot"']) {
      expect(consent.replaceAll('&#40;', '(').replaceAll('&#41;', ')')).toContain(shown);
    }
    const form = { user_code: userCode, user_login: 'hubot', granted_scope: 'gist' };
    expect((await postDevicePage(simulator, form)).status).toBe(200);
    expect(await poll(simulator, deviceCode)).toMatchObject({ scope: 'gist' });
  });

  it('denies, after which the code is spent', async () => {
    const { deviceCode, userCode } = await begin();
    await postDevicePage(simulator, { user_code: userCode });
    expect((await postDevicePage(simulator, { user_code: userCode, decision: 'deny' })).status).toBe(200);
    expect((await poll(simulator, deviceCode))['error']).toBe('access_denied');
    expect((await postDevicePage(simulator, { user_code: userCode })).status).toBe(404);
  });

  it('takes no answer for a code that was not entered', async () => {
    const { deviceCode, userCode } = await begin();
    const answer = await postDevicePage(simulator, { user_code: userCode, user_login: 'octocat' });
    expect(answer.status).toBe(404);
    expect((await poll(simulator, deviceCode))['error']).toBe('authorization_pending');
  });

  it('refuses an unknown account and a suspended one', async () => {
    const { userCode } = await begin();
    simulator.suspend('hubot', true);
    await postDevicePage(simulator, { user_code: userCode });
    const statuses = ['nobody', 'hubot'].map(async (user_login) => {
      return (await postDevicePage(simulator, { user_code: userCode, user_login })).status;
    });
    expect(await Promise.all(statuses)).toEqual([400, 403]);
  });

  it('takes 50 entries an hour and app, wrong ones counted apart', async () => {
    const { userCode } = await begin();
    const other = await begin({ client_id: DEMO_GITHUB_APP.clientId });
    const enter = async (user_code: string) => (await postDevicePage(simulator, { user_code })).status;
    const many = async (code: string): Promise<number[]> => {
      const statuses: number[] = [];
      for (let count = 0; count < 51; count += 1) statuses.push(await enter(code));
      return statuses;
    };
    expect((await many('BBBB-BBBB')).slice(-2)).toEqual([404, 429]);
    expect((await many(userCode)).slice(-2)).toEqual([200, 429]);
    expect(await enter(other.userCode)).toBe(200);
    simulator.advanceClock(3_600_000);
    expect(await enter((await begin()).userCode)).toBe(200);
  });
});

describe('the control call approve-device', () => {
  const approve = (body: unknown): Promise<Response> =>
    fetch(`${simulator.controlBase}/approve-device`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('answers for a person, and says 404 for an unknown code or login', async () => {
    const { deviceCode, userCode } = await begin();
    expect((await approve({ userCode, login: 'nobody' })).status).toBe(404);
    expect((await approve({ userCode: 'AAAA-AAAA', login: 'octocat' })).status).toBe(404);
    expect((await approve({ userCode, login: 'octocat' })).status).toBe(200);
    expect(await poll(simulator, deviceCode)).toHaveProperty('access_token');
    expect((await approve({ userCode, login: 'octocat' })).status).toBe(404);
  });
});
