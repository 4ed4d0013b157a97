import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEMO_GITHUB_APP, DEMO_OAUTH_APP } from '../../github-simulator/index.ts';
import type { GitHubSimulator } from '../../github-simulator/index.ts';
import type { Json } from './drive.ts';
import { jsonOf, signIn, startStill } from './drive.ts';

let simulator: GitHubSimulator;
beforeAll(async () => {
  simulator = await startStill();
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const HELLO = '/repos/octocat/hello-world/contents';

async function tokenWith(scope: string): Promise<string> {
  return String((await signIn(simulator, { scope }))['access_token']);
}

async function get(path: string, { token, ...headers }: Record<string, string> = {}): Promise<Response> {
  const authorization: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  return await fetch(`${simulator.apiBase}${path}`, { headers: { ...headers, ...authorization } });
}

const media = (type: string) => ({ accept: `application/vnd.github.${type}+json` });

async function namesOf(response: Promise<Response>): Promise<unknown[]> {
  return ((await (await response).json()) as Json[]).map(({ name }) => name);
}

describe('contents', () => {
  it('lists the root of the default branch', async () => {
    expect(await namesOf(get(HELLO))).toContain('README.md');
  });

  it('lists at most 1000 entries of a directory', async () => {
    expect(await namesOf(get(`${HELLO}/many`))).toHaveLength(1000);
  });

  it('sends a file in base64, with the id git gives its bytes', async () => {
    const file = await jsonOf(get(`${HELLO}/many/0000.txt`));
    expect(file).toMatchObject({ type: 'file', encoding: 'base64', size: 4 });
    expect(Buffer.from(String(file['content']), 'base64').toString()).toBe('one\n');
    expect(file['sha']).toBe('5626abf0f72e58d7a153368ba57db4c673c0e171');
  });

  it('sends bytes for raw, and one object for a directory as object', async () => {
    const raw = await get(`${HELLO}/assets/pixel.png`, media('raw'));
    expect(Buffer.from(await raw.arrayBuffer())[0]).toBe(0x89);
    const directory = await jsonOf(get(`${HELLO}/docs`, media('object')));
    expect(directory).toMatchObject({ type: 'dir', entries: expect.any(Array) as unknown });
  });

  it.each([
    ['LINK.md', { type: 'file', path: 'LINK.md', size: 83 }],
    ['docs/outside', { type: 'symlink', target: '/etc/hostname' }],
    ['vendor/lib', { type: 'submodule', submodule_git_url: 'https://example.com/lib.git' }],
    [`docs/${encodeURIComponent('überblick')}/na%C3%AFve%20caf%C3%A9.md`, { name: 'naïve café.md' }],
  ])('describes %s', async (path, body) => {
    expect(await jsonOf(get(`${HELLO}/${path}`))).toMatchObject(body);
  });

  it('lists a submodule as a file, as version 2022-11-28 does', async () => {
    expect(await (await get(`${HELLO}/vendor`)).json()).toMatchObject([{ name: 'lib', type: 'file' }]);
  });

  it('takes a branch, a tag or a full commit id, and no revision syntax', async () => {
    const readme = `${HELLO}/README.md`;
    const text = async (ref: string) => {
      const response = await get(`${readme}?ref=${encodeURIComponent(ref)}`, media('raw'));
      return response.status === 200 ? await response.text() : response.status;
    };
    expect(await text('feature/next')).toBe('# hello-world, next\n');
    expect(await text('v1.0.0')).toBe(await text('main'));
    for (const ref of ['main~0', 'HEAD', 'main^{tree}', '--help', 'nowhere'])
      expect(await text(ref)).toBe(404);
  });

  it('sends a file over 1 MB as raw or empty object only, and none over 100 MB', async () => {
    const large = `${HELLO}/data/large.txt`;
    expect((await get(large)).status).toBe(403);
    expect(await jsonOf(get(large, media('object')))).toMatchObject({ encoding: 'none', content: '' });
    expect((await get(large, media('raw'))).headers.get('content-length')).toBe('1190032');
    simulator.setContentLimits({ jsonBytes: 1000, rawBytes: 1_000_000 });
    const refused = await get(large, media('raw'));
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ errors: [{ code: 'too_large' }] });
  });

  it.each([
    ['/repos/octocat/empty/contents/x', 'This repository is empty.'],
    ['/repos/octocat/nothing/contents/x', 'Not Found'],
    [`${HELLO}/nowhere.md`, 'Not Found'],
    [`${HELLO}/README.md/`, 'Not Found'],
  ])('answers 404 to %s: %s', async (path, message) => {
    const response = await get(path);
    expect([response.status, (await jsonOf(response))['message']]).toEqual([404, message]);
  });
});

describe('a private repository', () => {
  const PLANS = '/repos/octocat/secret-plans';

  it('is 404 for nobody, for a token without repo, and for a stranger with it', async () => {
    const { access_token: stranger } = await signInAs('hubot', 'repo');
    const tokens = [{}, { token: await tokenWith('read:user') }, { token: String(stranger) }];
    for (const token of tokens) {
      for (const path of [PLANS, `${PLANS}/contents/plan.md`])
        expect((await get(path, token)).status).toBe(404);
    }
  });

  it('opens to a member’s token with repo, and to a GitHub App', async () => {
    expect((await get(PLANS, { token: await tokenWith('repo') })).status).toBe(200);
    const { clientId: client_id, clientSecret: client_secret } = DEMO_GITHUB_APP;
    const { access_token } = await signIn(simulator, { client_id }, { client_id, client_secret });
    expect((await get(PLANS, { token: String(access_token) })).status).toBe(200);
  });
});

/** The token answer of a sign-in as somebody else than octocat. */
async function signInAs(login: string, scope: string): Promise<Json> {
  const url = new URL(`${simulator.webBase}/login/oauth/authorize`);
  const redirect_uri = 'http://localhost:3000/auth/callback';
  const { clientId: client_id, clientSecret: client_secret } = DEMO_OAUTH_APP;
  url.search = new URLSearchParams({ client_id, redirect_uri, scope, state: 's' }).toString();
  simulator.autoApprove({ login });
  const back = await fetch(url, { redirect: 'manual' });
  const code = new URL(back.headers.get('location') ?? '').searchParams.get('code') ?? '';
  const body = new URLSearchParams({ client_id, client_secret, redirect_uri, code });
  const headers = { accept: 'application/json' };
  return await jsonOf(
    fetch(`${simulator.webBase}/login/oauth/access_token`, { method: 'POST', headers, body }),
  );
}

describe('an organization’s policy', () => {
  it.each([
    ['sso', 'organization SAML enforcement'],
    ['oauth-app-restriction', 'OAuth App access restrictions'],
    ['ip-allow-list', 'IP allow list'],
  ] as const)('%s answers 403 to its members, through control too', async (policy, text) => {
    const token = await tokenWith('repo');
    await fetch(`${simulator.controlBase}/owner-policy`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ owner: 'acme', policy }),
    });
    const refused = await get('/repos/acme/platform', { token });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('x-github-sso')?.startsWith('required; url=http') === true).toBe(
      policy === 'sso',
    );
    expect((await jsonOf(refused))['message']).toContain(text);
    simulator.setOwnerPolicy('acme', null);
    expect((await get('/repos/acme/platform', { token })).status).toBe(200);
  });
});

describe('a conditional request', () => {
  it('is answered 304 for the same representation, and costs nothing', async () => {
    const token = await tokenWith('repo');
    const first = await get(`${HELLO}/README.md`, { token });
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[0-9a-f]{64}"$/);
    const second = await get(`${HELLO}/README.md`, { token, 'if-none-match': etag });
    expect([second.status, await second.text()]).toEqual([304, '']);
    expect(second.headers.get('x-ratelimit-used')).toBe(first.headers.get('x-ratelimit-used'));
  });

  it('is answered in full for the same bytes as another media type', async () => {
    const etag = (await get(`${HELLO}/vendor/lib`)).headers.get('etag') ?? '';
    const asObject = { 'if-none-match': etag, ...media('object') };
    expect((await get(`${HELLO}/vendor/lib`, asObject)).status).toBe(200);
  });

  it('is answered in full for another media type or another ref', async () => {
    const etag = (await get(`${HELLO}/README.md`)).headers.get('etag') ?? '';
    const held = { 'if-none-match': etag };
    expect((await get(`${HELLO}/README.md`, { ...held, ...media('raw') })).status).toBe(200);
    expect((await get(`${HELLO}/README.md?ref=feature/next`, held)).status).toBe(200);
  });
});
