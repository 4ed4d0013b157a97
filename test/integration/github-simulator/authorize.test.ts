import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEMO_GITHUB_APP, DEMO_OAUTH_APP, HUBOT, OCTOCAT } from '../../github-simulator/index.ts';
import type { GitHubSimulator } from '../../github-simulator/index.ts';
import {
  authorize,
  CHALLENGE,
  jsonOf,
  locationOf,
  postToken,
  REDIRECT_URI,
  signIn,
  startStill,
} from './drive.ts';

let simulator: GitHubSimulator;
beforeAll(async () => {
  simulator = await startStill();
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

/** Submits the page's form as a browser does. */
async function submit(page: Response, choice: readonly (readonly [string, string])[]): Promise<Response> {
  const html = await page.text();
  const hidden = [...html.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  const form = new URLSearchParams();
  for (const [, name = '', value = ''] of hidden) form.append(name, decode(value));
  for (const [name, value] of choice) form.append(name, value);
  return fetch(`${simulator.webBase}/login/oauth/authorize`, {
    method: 'POST',
    redirect: 'manual',
    body: form,
  });
}

const decode = (text: string): string =>
  text.replace(/&#(\d+);/g, (_match, code: string) => String.fromCharCode(Number(code)));

describe('the authorization page', () => {
  it('offers one button per account, one box per scope, and Deny', async () => {
    const page = await authorize(simulator, { scope: 'repo read:org' });
    const html = await page.text();
    expect(page.status).toBe(200);
    expect([...html.matchAll(/name="user_login" value="(\w+)"/g)].map(([, login]) => login)).toEqual([
      OCTOCAT.login,
      HUBOT.login,
    ]);
    expect(
      [...html.matchAll(/name="granted_scope" value="([\w:]+)" checked/g)].map(([, name]) => name),
    ).toEqual(['read:org', 'repo']);
    expect(html).toContain('name="decision" value="deny"');
    expect(html).toContain('This is not GitHub');
  });

  it('puts the account of the login hint first', async () => {
    const html = await (await authorize(simulator, { login: 'Hubot' })).text();
    expect(html.indexOf('value="hubot"')).toBeLessThan(html.indexOf('value="octocat"'));
  });

  it('asks for an account under prompt=select_account', async () => {
    expect(await (await authorize(simulator, { prompt: 'select_account' })).text()).toContain(
      'Select an account',
    );
  });

  it('escapes what the request brought', async () => {
    expect(await (await authorize(simulator, { state: '"><script>' })).text()).not.toContain('<script>');
  });

  it('answers a choice with code, state and iss (RFC 9207)', async () => {
    const page = await authorize(simulator, { state: 'a "quoted" & <odd> state' });
    const answer = await submit(page, [
      ['user_login', 'hubot'],
      ['granted_scope', 'repo'],
    ]);
    const location = locationOf(answer);
    expect(answer.status).toBe(302);
    expect(`${location.origin}${location.pathname}`).toBe(REDIRECT_URI);
    expect(location.searchParams.get('state')).toBe('a "quoted" & <odd> state');
    expect(location.searchParams.get('iss')).toBe(`${simulator.webBase}/login/oauth`);
    expect(location.searchParams.get('code')).toMatch(/^[a-z0-9]{20}$/);
  });

  it('grants only the scopes that stay ticked', async () => {
    const page = await authorize(simulator, { scope: 'repo read:org gist' });
    const answer = await submit(page, [
      ['user_login', 'hubot'],
      ['granted_scope', 'gist'],
    ]);
    const code = locationOf(answer).searchParams.get('code') ?? '';
    expect((await jsonOf(postToken(simulator, { code })))['scope']).toBe('gist');
  });

  it('grants no scope that was not asked for', async () => {
    const page = await authorize(simulator, { scope: 'gist' });
    const answer = await submit(page, [
      ['user_login', 'hubot'],
      ['granted_scope', 'repo'],
    ]);
    const code = locationOf(answer).searchParams.get('code') ?? '';
    expect((await jsonOf(postToken(simulator, { code })))['scope']).toBe('');
  });

  it('answers Deny with access_denied, state and iss', async () => {
    const location = locationOf(await submit(await authorize(simulator), [['decision', 'deny']]));
    expect(location.searchParams.get('error')).toBe('access_denied');
    expect(location.searchParams.get('state')).toBe('s');
    expect(location.searchParams.get('iss')).toBe(`${simulator.webBase}/login/oauth`);
    expect(location.searchParams.has('code')).toBe(false);
  });

  it('lets a suspended account not in', async () => {
    simulator.suspend('hubot', true);
    expect((await submit(await authorize(simulator), [['user_login', 'hubot']])).status).toBe(403);
  });

  it('checks the form as strictly as the link', async () => {
    const body = new URLSearchParams({ client_id: 'unknown', user_login: 'octocat' });
    const answer = await fetch(`${simulator.webBase}/login/oauth/authorize`, { method: 'POST', body });
    expect(answer.status).toBe(404);
  });
});

describe('auto-approval', () => {
  it('redirects at once', async () => {
    simulator.autoApprove({ login: 'octocat' });
    expect((await authorize(simulator)).status).toBe(302);
  });

  it('grants at most its scopes', async () => {
    simulator.autoApprove({ login: 'octocat', scopes: ['gist', 'repo'] });
    const location = locationOf(await authorize(simulator, { scope: 'repo read:org' }));
    const answer = await jsonOf(postToken(simulator, { code: location.searchParams.get('code') ?? '' }));
    expect(answer['scope']).toBe('repo');
  });

  it('denies when told to', async () => {
    simulator.autoApprove({ login: 'octocat', deny: true });
    expect(locationOf(await authorize(simulator)).searchParams.get('error')).toBe('access_denied');
  });
});

describe('validation', () => {
  it('answers 404 to an unknown client', async () => {
    expect((await authorize(simulator, { client_id: 'nope' })).status).toBe(404);
  });

  it.each([
    'https://evil.test/auth/callback',
    'http://localhost:3000/auth/callback/',
    'http://localhost:3000/auth/callback?x=1',
    'http://localhost:3000/auth/../auth/callback',
    'http://localhost.evil.test/auth/callback',
    'http://user@localhost:3000/auth/callback',
    'https://localhost.:3000/auth/callback',
    'nonsense',
  ])('sends redirect_uri_mismatch for %s to the registered callback', async (uri) => {
    simulator.autoApprove({ login: 'octocat' });
    const location = locationOf(await authorize(simulator, { redirect_uri: uri }));
    expect(location.href.startsWith(DEMO_OAUTH_APP.redirectUris[0])).toBe(true);
    expect(location.searchParams.get('error')).toBe('redirect_uri_mismatch');
    expect(location.searchParams.get('state')).toBe('s');
  });

  it.each([
    'http://127.0.0.1:54321/auth/callback',
    'http://[::1]:1/auth/callback',
    'https://localhost:8443/auth/callback',
  ])('takes any port of the loopback callback: %s (RFC 8252 §7.3)', async (uri) => {
    simulator.autoApprove({ login: 'octocat' });
    expect(locationOf(await authorize(simulator, { redirect_uri: uri })).searchParams.has('code')).toBe(true);
  });

  it('matches a callback off loopback exactly', async () => {
    simulator.putApp({ ...DEMO_OAUTH_APP, redirectUris: ['https://app.test/cb'] });
    simulator.autoApprove({ login: 'octocat' });
    const answerTo = async (uri: string) =>
      locationOf(await authorize(simulator, { redirect_uri: uri })).searchParams;
    expect((await answerTo('https://app.test/cb')).has('code')).toBe(true);
    expect((await answerTo('https://app.test:8443/cb')).get('error')).toBe('redirect_uri_mismatch');
    expect((await answerTo('https://app.test/cb/sub')).get('error')).toBe('redirect_uri_mismatch');
  });

  it('uses the registered callback when none is sent', async () => {
    simulator.autoApprove({ login: 'octocat' });
    const location = locationOf(await authorize(simulator, { redirect_uri: undefined }));
    expect(location.href.startsWith(DEMO_OAUTH_APP.redirectUris[0])).toBe(true);
  });

  it('sends application_suspended for a suspended app', async () => {
    simulator.putApp({ ...DEMO_OAUTH_APP, suspended: true });
    expect(locationOf(await authorize(simulator)).searchParams.get('error')).toBe('application_suspended');
  });

  it.each([
    { code_challenge: CHALLENGE, code_challenge_method: 'plain' },
    { code_challenge: CHALLENGE },
    { code_challenge: 'short', code_challenge_method: 'S256' },
    { code_challenge_method: 'S256' },
  ])('refuses the PKCE parameters %j', async (parameters) => {
    simulator.autoApprove({ login: 'octocat' });
    expect((await authorize(simulator, parameters)).status).toBe(400);
  });

  it('refuses a parameter given twice', async () => {
    const url = `${simulator.webBase}/login/oauth/authorize?client_id=${DEMO_OAUTH_APP.clientId}&state=a&state=b`;
    expect((await fetch(url)).status).toBe(400);
  });
});

describe('scopes', () => {
  it('left out mean everything granted before', async () => {
    await signIn(simulator, { scope: 'repo' });
    await signIn(simulator, { scope: 'read:org' });
    expect((await signIn(simulator, { scope: undefined }))['scope']).toBe('read:org,repo');
  });

  it('sent empty mean none', async () => {
    await signIn(simulator, { scope: 'repo' });
    expect((await signIn(simulator, { scope: '' }))['scope']).toBe('');
  });

  it('are normalised: an included one is left out', async () => {
    expect((await signIn(simulator, { scope: 'user user:email,read:org admin:org' }))['scope']).toBe(
      'admin:org,user',
    );
  });

  it('are ignored for a GitHub App', async () => {
    const { clientId: client_id, clientSecret: client_secret } = DEMO_GITHUB_APP;
    const answer = await signIn(simulator, { client_id, scope: 'repo' }, { client_id, client_secret });
    expect(answer).toMatchObject({ scope: '', access_token: expect.stringMatching(/^ghu_/) as unknown });
  });
});

it('leaves iss out when told to, as GHES does', async () => {
  simulator.sendIssuer(false);
  simulator.autoApprove({ login: 'octocat' });
  expect(locationOf(await authorize(simulator)).searchParams.has('iss')).toBe(false);
});
