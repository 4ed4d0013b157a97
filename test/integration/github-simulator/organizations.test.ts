import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_SEED } from '../../github-simulator/defaults.ts';
import { DEMO_GITHUB_APP } from '../../github-simulator/index.ts';
import type { GitHubSimulator } from '../../github-simulator/index.ts';
import { mismatchesOf } from '../../github-simulator/openapi/check-answer.ts';
import { getUser, jsonOf, signIn, startStill } from './drive.ts';

const APP = { client_id: DEMO_GITHUB_APP.clientId, client_secret: DEMO_GITHUB_APP.clientSecret };
const TEAMS = [1, 2, 3].map((id) => ({ id, name: `T${String(id)}`, slug: `t${String(id)}` }));
const OTHER = {
  id: 7001,
  login: 'Other-Org',
  members: { octocat: 'admin' },
  teams: TEAMS.map((team) => ({ ...team, members: ['octocat'] })),
} as const;

let simulator: GitHubSimulator;
beforeAll(async () => {
  const organizations = [...(DEFAULT_SEED.organizations ?? []), OTHER];
  simulator = await startStill({ seed: { ...DEFAULT_SEED, organizations } });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const get = async (path: string, scope = 'read:org'): Promise<Response> => {
  const { access_token } = await signIn(simulator, { scope });
  return fetch(`${simulator.apiBase}${path}`, {
    headers: { authorization: `Bearer ${String(access_token)}` },
  });
};
const getAsApp = async (path: string): Promise<Response> => {
  const { access_token } = await signIn(simulator, { client_id: APP.client_id }, APP);
  return fetch(`${simulator.apiBase}${path}`, {
    headers: { authorization: `Bearer ${String(access_token)}` },
  });
};
const listOf = async (answer: Promise<Response>): Promise<Record<string, unknown>[]> =>
  (await (await answer).json()) as Record<string, unknown>[];
const loginsOf = async (answer: Promise<Response>) => (await listOf(answer)).map(({ login }) => login);

const ACME = '/user/memberships/orgs/acme';
const TEAM = '/orgs/acme/teams/platform/memberships/octocat';

describe('the answers, by GitHub’s OpenAPI description', () => {
  const cases = [
    ['/user/orgs', '/user/orgs', 200],
    ['/user/memberships/orgs', '/user/memberships/orgs', 200],
    ['/user/memberships/orgs', '/user/memberships/orgs?state=gone', 422],
    ['/user/memberships/orgs/{org}', ACME, 200],
    ['/user/memberships/orgs/{org}', '/user/memberships/orgs/nobody', 404],
    ['/user/teams', '/user/teams', 200],
    ['/orgs/{org}/teams/{team_slug}/memberships/{username}', TEAM, 200],
  ] as const;
  it.each(cases)('%s: %s is %d and valid', async (path, target, status) => {
    const response = await get(target);
    expect(response.status).toBe(status);
    const answer = { path, status, mediaType: 'application/json', body: await response.json() };
    expect(mismatchesOf(answer)).toEqual([]);
  });
});

describe('the scopes', () => {
  it.each([
    ['/user/orgs', 'user', 200],
    ['/user/orgs', 'repo', 403],
    ['/user/memberships/orgs', 'admin:org', 200],
    ['/user/memberships/orgs', 'user', 403],
    [ACME, 'write:org', 200],
    [ACME, 'repo read:user', 403],
    ['/user/teams', 'repo', 200],
    ['/user/teams', 'read:user', 403],
    [TEAM, 'repo', 403],
  ])('%s with %s is %d, and the answer names what is accepted', async (path, scope, status) => {
    const answer = await get(path, scope);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-accepted-oauth-scopes')).toContain('read:org');
  });

  it('are no matter for a GitHub App, which has members:read', async () => {
    for (const path of ['/user/orgs', '/user/memberships/orgs', ACME, '/user/teams', TEAM]) {
      const answer = await getAsApp(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-accepted-github-permissions')).toBe('members=read');
      expect(answer.headers.has('x-accepted-oauth-scopes')).toBe(false);
    }
  });

  it('do not replace the token', async () => {
    expect((await fetch(`${simulator.apiBase}${ACME}`)).status).toBe(401);
  });
});

describe('a membership', () => {
  it('has a state and a role, in whatever case the name is written', async () => {
    expect(await jsonOf(get('/user/memberships/orgs/ACME'))).toMatchObject({
      state: 'active',
      role: 'member',
      organization: { login: 'acme' },
      user: { login: 'octocat' },
    });
    expect(await jsonOf(get('/user/memberships/orgs/other-org'))).toMatchObject({ role: 'admin' });
  });

  it('may be pending: it is told, but the organization is none of the user’s', async () => {
    simulator.setMembership('acme', 'octocat', 'pending');
    expect(await jsonOf(get(ACME))).toMatchObject({ state: 'pending' });
    expect(await loginsOf(get('/user/orgs'))).toEqual(['Other-Org']);
    expect(await listOf(get('/user/memberships/orgs?state=pending'))).toMatchObject([{ state: 'pending' }]);
    expect(await listOf(get('/user/memberships/orgs?state=active'))).toMatchObject([{ role: 'admin' }]);
    expect((await get(TEAM)).status).toBe(404);
  });

  it('ends with 404, with the teams and the private repositories', async () => {
    expect((await get('/repos/acme/platform', 'repo')).status).toBe(200);
    simulator.setMembership('acme', 'octocat', null);
    expect((await get(ACME)).status).toBe(404);
    expect((await get('/repos/acme/platform', 'repo')).status).toBe(404);
    simulator.setMembership('acme', 'octocat', 'active');
    expect((await get(ACME)).status).toBe(200);
    expect((await get(TEAM)).status).toBe(404);
  });

  it.each([
    ['sso', 403, 'Resource protected by organization SAML enforcement'],
    ['oauth-app-restriction', 403, 'has enabled OAuth App access restrictions'],
    ['ip-allow-list', 403, 'has an IP allow list enabled'],
  ] as const)('behind %s is %d, and missing in lists', async (policy, status, message) => {
    simulator.setOwnerPolicy('acme', policy);
    for (const path of [ACME, TEAM]) {
      const answer = await get(path);
      expect(answer.status).toBe(status);
      expect((await jsonOf(answer))['message']).toContain(message);
    }
    expect(await loginsOf(get('/user/orgs'))).toEqual(['Other-Org']);
    const list = await get('/user/memberships/orgs');
    expect(await list.json()).toHaveLength(1);
    expect(list.headers.get('x-github-sso')).toBe(
      policy === 'sso' ? 'partial-results; organizations=9919' : null,
    );
  });

  it('behind a restriction of OAuth Apps is open to a GitHub App', async () => {
    simulator.setOwnerPolicy('acme', 'oauth-app-restriction');
    expect((await getAsApp(ACME)).status).toBe(200);
    expect((await getAsApp('/repos/acme/platform')).status).toBe(200);
  });

  it('is closed to a GitHub App that is not installed there', async () => {
    simulator.setInstallation(APP.client_id, 'acme', 'suspended');
    expect((await getAsApp(ACME)).status).toBe(403);
    expect(await loginsOf(getAsApp('/user/orgs'))).toEqual(['Other-Org']);
    expect((await getAsApp('/repos/acme/platform')).status).toBe(404);
    expect((await get(ACME)).status).toBe(200);
  });
});

describe('a team', () => {
  it('is shown to members of its organization, for its own members', async () => {
    expect(await jsonOf(get(TEAM))).toMatchObject({ state: 'active', role: 'member' });
    expect((await get('/orgs/acme/teams/platform/memberships/hubot')).status).toBe(404);
    expect((await get('/orgs/acme/teams/nobody/memberships/octocat')).status).toBe(404);
    simulator.setTeamMembership('acme', 'platform', 'hubot', 'active');
    expect((await get('/orgs/acme/teams/platform/memberships/hubot')).status).toBe(200);
    simulator.setTeamMembership('acme', 'platform', 'octocat', null);
    expect((await get(TEAM)).status).toBe(404);
    expect((await get('/orgs/acme/teams/platform/memberships/hubot')).status).toBe(200);
  });

  it('takes active members of its organization only', () => {
    simulator.setMembership('acme', 'hubot', 'pending');
    expect(() => {
      simulator.setTeamMembership('acme', 'platform', 'hubot', 'active');
    }).toThrow(RangeError);
  });
});

describe('a list', () => {
  const linksOf = (answer: Response): [string, string][] =>
    [...(answer.headers.get('link') ?? '').matchAll(/<([^>]*)>; rel="(\w+)"/g)].map(
      ([, url = '', relation = '']) => [relation, url],
    );

  it('comes in pages that lead to each other (RFC 8288)', async () => {
    const first = await get('/user/teams?per_page=2');
    expect(await first.json()).toHaveLength(2);
    const url = (page: number) => `${simulator.apiBase}/user/teams?per_page=2&page=${String(page)}`;
    expect(linksOf(first)).toEqual([
      ['next', url(2)],
      ['last', url(2)],
    ]);
    const second = await get('/user/teams?per_page=2&page=2');
    expect(linksOf(second)).toEqual([
      ['prev', url(1)],
      ['first', url(1)],
    ]);
    expect(await second.json()).toMatchObject([{ slug: 't2' }, { slug: 't3' }]);
    expect((await get('/user/teams')).headers.has('link')).toBe(false);
  });
});

describe('two_factor_authentication', () => {
  it('is told to read:user, user and every GitHub App, and follows the control', async () => {
    const told = async (changes: object, token = {}) => {
      const { access_token } = await signIn(simulator, { ...changes }, token);
      return (await jsonOf(getUser(simulator, access_token)))['two_factor_authentication'];
    };
    expect(await told({ scope: 'read:user' })).toBe(true);
    simulator.setTwoFactor('octocat', false);
    expect(await told({ scope: 'user' })).toBe(false);
    expect(await told({ client_id: APP.client_id }, APP)).toBe(false);
    expect(await told({ scope: 'user:email' })).toBeUndefined();
    expect(() => {
      simulator.setTwoFactor('nobody', true);
    }).toThrow(RangeError);
  });
});
