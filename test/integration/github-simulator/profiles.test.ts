import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { githubHostFromBases } from '../../../shared/github/index.ts';
import { DEMO_GITHUB_APP, DEMO_OAUTH_APP } from '../../github-simulator/index.ts';
import type { GitHubSimulator, GitHubSimulatorOptions } from '../../github-simulator/index.ts';
import {
  asApp,
  authorize,
  CHALLENGE,
  codeFor,
  getUser,
  jsonOf,
  locationOf,
  postToken,
  signIn,
  startStill,
  VERIFIER,
} from './drive.ts';
import { startReceiver } from './webhook-receiver.ts';

const APP = { client_id: DEMO_GITHUB_APP.clientId, client_secret: DEMO_GITHUB_APP.clientSecret };

const webhookHeaders = async (simulator: GitHubSimulator) => {
  const receiver = await startReceiver();
  onTestFinished(() => {
    receiver.close();
  });
  simulator.setWebhook(APP.client_id, { url: receiver.url, secret: 's' });
  simulator.setMembership('acme', 'hubot', null);
  await simulator.settleDeliveries();
  return receiver.received[0]?.headers;
};

describe('ghes', () => {
  let simulator: GitHubSimulator;
  beforeAll(async () => {
    simulator = await startStill({ profile: 'ghes', rateLimitPerHour: 1, tokenRequestsPerHour: 2 });
  });
  beforeEach(() => simulator.reset());
  afterAll(() => simulator.close());

  it('lays its bases out as the product expects', () => {
    expect(githubHostFromBases(simulator)).toMatchObject({
      kind: 'ghes',
      webBase: simulator.webBase,
      apiBase: `${simulator.webBase}/api/v3`,
      graphqlBase: `${simulator.webBase}/api/graphql`,
      pkce: false,
    });
  });

  it('serves the API on the port of the pages, and reserves GraphQL', async () => {
    const { access_token } = await signIn(simulator);
    const answer = await getUser(simulator, access_token);
    expect(answer.headers.get('x-github-enterprise-version')).toBe('enterprise-server@3.23.0');
    const graphql = await fetch(`${simulator.webBase}/api/graphql`, { method: 'POST', body: '{}' });
    expect([graphql.status, await jsonOf(graphql)]).toMatchObject([404, { message: 'Not Found' }]);
    expect((await fetch(`${simulator.webBase}/user`)).status).toBe(404);
    expect((await asApp(simulator, ['DELETE', 'token'], { access_token })).status).toBe(204);
    expect(await jsonOf(fetch(`${simulator.apiBase}/meta`))).toMatchObject({ installed_version: '3.23.0' });
  });

  it('ignores PKCE parameters', async () => {
    const pkce = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };
    const code = await codeFor(simulator, pkce);
    expect(await jsonOf(postToken(simulator, { code }))).toHaveProperty('access_token');
    const other = await codeFor(simulator, { code_challenge: 'short', code_challenge_method: 'plain' });
    const answer = postToken(simulator, { code: other, code_verifier: VERIFIER });
    expect(await jsonOf(answer)).toHaveProperty('access_token');
  });

  it('sends no iss until told, and again none after a reset', async () => {
    simulator.autoApprove({ login: 'octocat' });
    expect(locationOf(await authorize(simulator)).searchParams.has('iss')).toBe(false);
    simulator.sendIssuer(true);
    expect(locationOf(await authorize(simulator)).searchParams.has('iss')).toBe(true);
    simulator.reset();
    simulator.autoApprove({ login: 'octocat' });
    expect(locationOf(await authorize(simulator)).searchParams.has('iss')).toBe(false);
  });

  it('has no limits and no headers about them', async () => {
    const { access_token } = await signIn(simulator);
    for (let count = 0; count < 10; count += 1) await signIn(simulator);
    simulator.autoApprove({ login: 'octocat', reauthorizes: false });
    expect((await authorize(simulator)).status).toBe(302);
    const { access_token: last } = await signIn(simulator);
    await getUser(simulator, last);
    const answer = await getUser(simulator, last);
    expect(answer.status).toBe(200);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
    expect((await fetch(`${simulator.apiBase}/rate_limit`)).status).toBe(404);
    expect((await getUser(simulator, access_token)).status).toBe(401);
  });

  it('has no POST /credentials/revoke', async () => {
    const { access_token } = await signIn(simulator);
    const url = `${simulator.apiBase}/credentials/revoke`;
    const body = JSON.stringify({ credentials: [access_token] });
    expect((await fetch(url, { method: 'POST', body })).status).toBe(404);
    expect((await getUser(simulator, access_token)).status).toBe(200);
  });

  it('links to itself in bodies and Link headers', async () => {
    const { access_token } = await signIn(simulator, { scope: 'repo read:org' });
    const headers = { authorization: `Bearer ${String(access_token)}` };
    const bodies = [
      '/user',
      '/repos/acme/platform',
      '/user/orgs',
      '/user/teams',
      '/user/memberships/orgs/acme',
    ];
    for (const path of bodies) {
      const text = await (await fetch(`${simulator.apiBase}${path}`, { headers })).text();
      const urls = [...text.matchAll(/"(https?:\/\/[^"]*)"/g)].map(([, url = '']) => url);
      expect(urls.length).toBeGreaterThan(0);
      expect(urls.filter((url) => !url.startsWith(`${simulator.webBase}/`))).toEqual([]);
    }
    const list = await fetch(`${simulator.apiBase}/user/orgs?page=2`, { headers });
    expect(list.headers.get('link')).toContain(`<${simulator.apiBase}/user/orgs?page=1>; rel="first"`);
    const user = await jsonOf(getUser(simulator, access_token));
    expect(user['url']).toBe(`${simulator.apiBase}/users/octocat`);
  });

  it('tells API and pages apart in the journal and in faults', async () => {
    const { access_token } = await signIn(simulator);
    simulator.setFaults([{ match: { host: 'api', pathPrefix: '/user' }, action: 'status', status: 503 }]);
    expect((await getUser(simulator, access_token)).status).toBe(503);
    expect(simulator.journal().map(({ host, path }) => `${host} ${path}`)).toEqual([
      'web /login/oauth/authorize',
      'web /login/oauth/access_token',
      'api /user',
    ]);
  });

  it('names itself in webhooks', async () => {
    expect(await webhookHeaders(simulator)).toMatchObject({
      'x-github-enterprise-host': new URL(simulator.webBase).host,
    });
  });
});

describe('the version of ghes', () => {
  let simulator: GitHubSimulator | undefined;
  afterEach(() => simulator?.close());
  const start = async (ghesVersion?: string): Promise<GitHubSimulator> => {
    simulator = await startStill({ profile: 'ghes', ghesVersion });
    return simulator;
  };

  it.each([
    ['3.22.9', false],
    ['3.19', false],
    ['3.23', true],
    ['4.0', true],
    [undefined, true],
  ])('%s: an OAuth App’s tokens can expire: %j', async (version, expires) => {
    const ghes = await start(version);
    const asked = await signIn(ghes, { scope: 'repo offline_access' });
    expect([asked['scope'], 'refresh_token' in asked]).toEqual(['repo', expires]);
    ghes.putApp({ ...DEMO_OAUTH_APP, expiringTokens: true });
    expect('refresh_token' in (await signIn(ghes))).toBe(expires);
    expect('refresh_token' in (await signIn(ghes, { client_id: APP.client_id }, APP))).toBe(true);
  });

  it.each<GitHubSimulatorOptions>([
    { profile: 'ghes', ghesVersion: 'three' },
    { profile: 'github.com', ghesVersion: '3.23' },
    { profile: 'ghes', apiPort: 1 },
  ])('%j is refused', async (options) => {
    await expect(startStill(options)).rejects.toThrow(RangeError);
  });
});

describe('ghe.com', () => {
  let simulator: GitHubSimulator;
  beforeAll(async () => {
    simulator = await startStill({ profile: 'ghe.com' });
  });
  beforeEach(() => simulator.reset());
  afterAll(() => simulator.close());

  it('is github.com without iss', async () => {
    expect(githubHostFromBases(simulator)).toMatchObject({ kind: 'ghe.com', pkce: true });
    expect(simulator.apiBase).not.toContain(simulator.webBase);
    const pkce = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };
    simulator.autoApprove({ login: 'octocat' });
    expect(locationOf(await authorize(simulator, pkce)).searchParams.has('iss')).toBe(false);
    const code = await codeFor(simulator, pkce);
    expect((await jsonOf(postToken(simulator, { code })))['error']).toBe('bad_verification_code');
    const { access_token } = await signIn(simulator);
    expect((await getUser(simulator, access_token)).headers.get('x-ratelimit-limit')).toBe('5000');
  });

  it('names its tenant in webhooks, which github.com does not', async () => {
    expect(await webhookHeaders(simulator)).toHaveProperty('x-github-tenant');
    const dotcom = await startStill();
    onTestFinished(() => dotcom.close());
    const headers = await webhookHeaders(dotcom);
    expect(Object.keys(headers ?? {}).filter((name) => /tenant|enterprise/.test(name))).toEqual([]);
  });
});
