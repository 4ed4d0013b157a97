import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEMO_OAUTH_APP, fingerprint } from '../../github-simulator/index.ts';
import type { FaultInput, GitHubSimulator } from '../../github-simulator/index.ts';
import {
  asApp,
  authorize,
  codeFor,
  getUser,
  jsonOf,
  locationOf,
  postToken,
  signIn,
  START,
  startStill,
} from './drive.ts';

let simulator: GitHubSimulator;
beforeAll(async () => {
  simulator = await startStill();
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const control = (path: string, body?: unknown): Promise<Response> =>
  fetch(
    `${simulator.controlBase}/${path}`,
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  );

const fault = (input: object): void => {
  simulator.setFaults([{ match: { pathPrefix: '/' }, ...input } as FaultInput]);
};

describe('the journal', () => {
  it('keeps host, method, path, query names, status and a fingerprint, and no secret', async () => {
    const answer = await signIn(simulator, { scope: 'repo offline_access' });
    const token = String(answer['access_token']);
    await getUser(simulator, token);
    await asApp(simulator, ['POST', 'token'], { access_token: token });
    const journal = await (await control('journal')).json();
    const common = { at: START, tokenFingerprint: null, authScheme: null, queryKeys: [] };
    const presented = { ...common, tokenFingerprint: fingerprint(token) };
    expect(journal).toEqual([
      {
        ...common,
        host: 'web',
        method: 'GET',
        path: '/login/oauth/authorize',
        queryKeys: ['client_id', 'redirect_uri', 'state', 'scope'],
        status: 302,
      },
      { ...common, host: 'web', method: 'POST', path: '/login/oauth/access_token', status: 200 },
      { ...presented, host: 'api', method: 'GET', path: '/user', status: 200, authScheme: 'bearer' },
      {
        ...presented,
        host: 'api',
        method: 'POST',
        path: `/applications/${DEMO_OAUTH_APP.clientId}/token`,
        status: 200,
        authScheme: 'basic',
      },
    ]);
    const text = JSON.stringify(journal);
    for (const secret of [token, DEMO_OAUTH_APP.clientSecret, String(answer['refresh_token'])]) {
      expect(text).not.toContain(secret);
    }
  });

  it('answers where a raw token was seen, in whatever part of a request', async () => {
    const secret = 'a/raw+secret=value';
    await getUser(simulator, secret);
    await fetch(`${simulator.apiBase}/zen?t=${encodeURIComponent(secret)}`);
    await fetch(`${simulator.webBase}/`, { headers: { 'x-other': `before ${secret} after` } });
    await postToken(simulator, { code: secret });
    await fetch(`${simulator.apiBase}/zen`, {
      headers: { authorization: `Basic ${Buffer.from(`id:${secret}`).toString('base64')}` },
    });
    const { seen, where } = await jsonOf(control('sightings', { token: secret }));
    expect(seen).toBe(true);
    expect((where as { host: string; place: string }[]).map(({ host, place }) => `${host} ${place}`)).toEqual(
      ['api headers', 'api target', 'web headers', 'web body', 'api basic'],
    );
    expect(await jsonOf(control('sightings', { token: 'never-sent' }))).toEqual({ seen: false, where: [] });
  });
});

describe('the control API', () => {
  it('sets and lifts auto-approval', async () => {
    await control('auto-approve', { login: 'hubot', scopes: ['gist'] });
    expect(locationOf(await authorize(simulator)).searchParams.has('code')).toBe(true);
    await control('auto-approve', { login: null });
    expect((await authorize(simulator)).status).toBe(200);
  });

  it('adds users and apps, suspends, revokes and counts', async () => {
    expect(await jsonOf(control('users', { id: 7, login: 'mona' }))).toMatchObject({
      id: 7,
      emailVerified: true,
    });
    const app = { ...DEMO_OAUTH_APP, clientId: 'Ov23second', redirectUris: ['https://app.test/cb'] };
    expect((await control('apps', app)).status).toBe(200);
    await control('auto-approve', { login: 'mona' });
    const location = locationOf(
      await authorize(simulator, { client_id: 'Ov23second', redirect_uri: undefined }),
    );
    expect(location.origin).toBe('https://app.test');
    const { access_token } = await signIn(simulator);
    expect(await (await control('tokens')).json()).toEqual([
      { login: 'octocat', clientId: DEMO_OAUTH_APP.clientId, scopes: ['repo'], live: 1 },
    ]);
    await control('suspend', { login: 'octocat' });
    expect((await getUser(simulator, access_token)).status).toBe(403);
    expect(await jsonOf(control('revoke-token', { token: access_token }))).toEqual({ revoked: true });
    expect(await (await control('tokens')).json()).toEqual([]);
  });

  it('moves the clock', async () => {
    const { access_token } = await signIn(simulator, { scope: 'offline_access' });
    await control('clock', { advanceMs: 28_800_000 });
    expect((await getUser(simulator, access_token)).status).toBe(401);
  });

  it('returns to the seed on reset', async () => {
    const { access_token } = await signIn(simulator);
    await control('users', { id: 7, login: 'mona' });
    await control('issuer', { sends: false });
    fault({ action: 'html' });
    await control('reset', {});
    expect(simulator.journal()).toEqual([]);
    expect((await getUser(simulator, access_token)).status).toBe(401);
    expect(await (await fetch(`${simulator.webBase}/`)).text()).not.toContain('mona');
    expect(simulator.clock.now()).toBe(START);
    simulator.autoApprove({ login: 'octocat' });
    expect(locationOf(await authorize(simulator)).searchParams.has('iss')).toBe(true);
  });

  it.each([
    ['auto-approve', { login: 'nobody' }, 404],
    ['suspend', { login: 'nobody' }, 404],
    ['revoke-app', { login: 'nobody', clientId: 'x' }, 404],
    ['auto-approve', {}, 400],
    ['clock', { advanceMs: -1 }, 400],
    ['faults', [{ match: {}, action: 'explode' }], 400],
    ['users', { id: 0, login: 'x' }, 400],
    ['sightings', { token: 'x' }, 400],
  ])('refuses %s %j with %d and says why', async (path, body, status) => {
    const answer = await control(path, body);
    expect(answer.status).toBe(status);
    expect((await jsonOf(answer))['error']).not.toBe('');
  });

  it('takes no body a foreign page could send', async () => {
    const answer = await fetch(`${simulator.controlBase}/auto-approve`, {
      method: 'POST',
      body: '{"login":"octocat"}',
    });
    expect(answer.status).toBe(400);
  });

  it('is not served to the public listeners', async () => {
    expect((await fetch(`${simulator.webBase}/_control/journal`)).status).toBe(404);
    expect((await fetch(`${simulator.apiBase}/_control/journal`)).status).toBe(404);
  });
});

describe('faults', () => {
  it('hit matching requests as often as told, and nothing else', async () => {
    const match = { host: 'api', method: 'get', pathPrefix: '/user' };
    await control('faults', [
      { action: 'status', match, status: 503, json: { a: 1 }, headers: { 'retry-after': '9' }, times: 2 },
    ]);
    const { access_token } = await signIn(simulator);
    const first = await getUser(simulator, access_token);
    expect([first.status, first.headers.get('retry-after'), await first.json()]).toEqual([
      503,
      '9',
      { a: 1 },
    ]);
    expect((await fetch(`${simulator.apiBase}/zen`)).status).toBe(200);
    expect((await getUser(simulator, access_token)).status).toBe(503);
    expect((await getUser(simulator, access_token)).status).toBe(200);
  });

  it('html answers a page, body answers that body', async () => {
    fault({ action: 'html' });
    const page = await fetch(`${simulator.apiBase}/zen`);
    expect([page.status, page.headers.get('content-type')]).toEqual([502, 'text/html; charset=utf-8']);
    fault({ action: 'body', body: 'ab', repeat: 3, headers: { 'content-type': 'text/x' } });
    expect(await (await fetch(`${simulator.apiBase}/zen`)).text()).toBe('ababab');
  });

  it('reset cuts the connection before anything happens', async () => {
    const code = await codeFor(simulator);
    fault({ action: 'reset' });
    await expect(postToken(simulator, { code })).rejects.toThrow();
    expect(simulator.tokens()).toEqual([]);
    expect(simulator.journal().at(-1)).toMatchObject({ path: '/login/oauth/access_token', status: null });
  });

  it('truncate cuts within the answer, after it happened', async () => {
    const code = await codeFor(simulator);
    fault({ action: 'truncate', afterBytes: 10 });
    const answer = await postToken(simulator, { code });
    await expect(answer.text()).rejects.toThrow();
    expect(simulator.tokens()).toHaveLength(1);
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ])('delay waits %s acting', async (when, issued) => {
    const code = await codeFor(simulator);
    fault({ action: 'delay', delayMs: 600_000, when });
    const { clientId: client_id, clientSecret: client_secret } = DEMO_OAUTH_APP;
    const body = new URLSearchParams({
      client_id,
      client_secret,
      code,
      redirect_uri: 'http://localhost:3000/auth/callback',
    });
    const url = `${simulator.webBase}/login/oauth/access_token`;
    const caller = new AbortController();
    const answer = fetch(url, { method: 'POST', body, signal: caller.signal });
    await vi.waitFor(() => {
      expect(simulator.journal().at(-1)?.path).toBe('/login/oauth/access_token');
    });
    expect(simulator.journal().at(-1)?.status).toBeNull();
    caller.abort();
    await expect(answer).rejects.toThrow();
    expect(simulator.tokens()).toHaveLength(issued);
  });
});
