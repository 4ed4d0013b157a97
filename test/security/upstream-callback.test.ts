import { beforeEach, describe, expect, it } from 'vitest';
import type { FaultInput } from '../github-simulator/faults.ts';
import type { Browser, Page } from '../../deploy/demo/browser.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import { expectErrorRedirect, expectLocalPage, withoutSideEffect } from '../support/expect-answer.ts';
import {
  authorizationRequest,
  callTool,
  followToClient,
  postForm,
  redemption,
  signIn,
} from '../support/oauth-client.ts';
import type { Tokens } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const shared = useStack();
beforeEach(() => {
  shared.stack.github.setFaults([]);
});

/** Consents and stops in front of our callback. */
async function stopBeforeCallback(browser: Browser = openBrowser()) {
  const { stack, client } = shared;
  const request = authorizationRequest(stack.publicUrl, client);
  const consent = await browser.follow(await browser.get(request.url));
  stack.github.autoApprove({ login: 'octocat' });
  const hop = await browser.submit(consent, { decision: 'allow' });
  const stopped = await browser.follow(hop, (location) => location.includes('/auth/callback'));
  return { browser, request, callback: new URL(stopped.location ?? 'about:blank') };
}

function tokenRequests(): number {
  return shared.stack.github.journal().filter(({ path }) => path.endsWith('/access_token')).length;
}

function expectBack(
  page: Page,
  errors: string | readonly string[],
  of: Awaited<ReturnType<typeof stopBeforeCallback>>,
) {
  expectErrorRedirect(page, errors, {
    request: of.request,
    client: shared.client,
    issuer: shared.stack.publicUrl,
  });
}

async function finish(of: Awaited<ReturnType<typeof stopBeforeCallback>>): Promise<Page> {
  return await followToClient(of.browser, await of.browser.get(of.callback.href), shared.client);
}

describe('callbacks that belong to no login', () => {
  it.each([
    '',
    '?code=x',
    '?state=',
    '?state=unknown&code=x',
    `?state=${'x'.repeat(8000)}`,
    '?state=%00&code=x',
  ])('140 %j is refused and nothing is sent to GitHub', async (query) => {
    const page = await withoutSideEffect(
      shared.stack,
      async () => await openBrowser().get(`${shared.stack.publicUrl}/auth/callback${query}`),
    );
    expectLocalPage(page, 403);
  });

  it('143 an attacker’s GitHub code in a victim’s browser is refused (login CSRF)', async () => {
    const attacker = await stopBeforeCallback();
    const victim = await stopBeforeCallback();
    const before = tokenRequests();
    const forged = new URL(victim.callback);
    forged.searchParams.set('state', attacker.callback.searchParams.get('state') ?? '');
    expectLocalPage(await victim.browser.get(forged.href), 403);
    expect(tokenRequests()).toBe(before);
  });

  it('144 a callback that was used is refused, with no second request to GitHub', async () => {
    const of = await stopBeforeCallback();
    expect((await finish(of)).location).toContain('code=');
    const before = tokenRequests();
    expectLocalPage(await of.browser.get(of.callback.href), 403);
    expect(tokenRequests()).toBe(before);
  });

  it.each(['state', 'code', 'error'])(
    '140 a repeated %s is refused and the login can go on',
    async (name) => {
      const of = await stopBeforeCallback();
      const page = await withoutSideEffect(
        shared.stack,
        async () => await of.browser.get(`${of.callback.href}&${name}=a&${name}=b`),
      );
      expectLocalPage(page, 400);
      expect((await finish(of)).location).toContain('code=');
    },
  );

  it.each(['POST', 'HEAD', 'PUT', 'DELETE'])('150 %s is 405 and the login can go on', async (method) => {
    const of = await stopBeforeCallback();
    const response = await withoutSideEffect(
      shared.stack,
      async () =>
        await fetch(of.callback, {
          method,
          redirect: 'manual',
          headers: { 'x-http-method-override': 'GET' },
          ...(method === 'POST' ? { body: 'a=b' } : {}),
        }),
    );
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET');
    expect((await finish(of)).location).toContain('code=');
  });
});

describe('what GitHub answers in the callback', () => {
  it('141 a denial goes back as access_denied and GitHub’s text is not passed on', async () => {
    const of = await stopBeforeCallback();
    of.callback.searchParams.delete('code');
    of.callback.searchParams.set('error', 'access_denied');
    of.callback.searchParams.set('error_description', '<script>alert(1)</script>');
    const page = await finish(of);
    expectBack(page, 'access_denied', of);
    expect(decodeURIComponent(page.location ?? '')).not.toMatch(/<script|alert/);
  });

  it('142 a code beside an error is not used', async () => {
    const of = await stopBeforeCallback();
    of.callback.searchParams.set('error', 'server_error');
    const before = tokenRequests();
    expectBack(await finish(of), 'server_error', of);
    expect(tokenRequests()).toBe(before);
  });

  it('148 another issuer than GitHub’s is refused before GitHub is asked (RFC 9207 §2.4)', async () => {
    const of = await stopBeforeCallback();
    of.callback.searchParams.set('iss', 'https://evil.example');
    const before = tokenRequests();
    expectBack(await finish(of), 'server_error', of);
    expect(tokenRequests()).toBe(before);
  });

  it('143 another code than GitHub issued for this login is refused (PKCE towards GitHub)', async () => {
    const attacker = await stopBeforeCallback();
    const of = await stopBeforeCallback();
    of.callback.searchParams.set('code', attacker.callback.searchParams.get('code') ?? '');
    expectBack(await finish(of), ['access_denied', 'server_error'], of);
  });
});

describe('what GitHub’s token endpoint answers', () => {
  const match = { pathPrefix: '/login/oauth/access_token' };
  const json = { 'content-type': 'application/json' };
  const cases: readonly (readonly [string, FaultInput])[] = [
    [
      '145 200 with an error',
      { action: 'status', match, status: 200, json: { error: 'bad_verification_code' } },
    ],
    [
      '145 200 with wrong client secret',
      { action: 'status', match, status: 200, json: { error: 'incorrect_client_credentials' } },
    ],
    ['147 an HTML page', { action: 'html', match, status: 200 }],
    ['147 502 with HTML', { action: 'html', match, status: 502 }],
    ['147 a form', { action: 'body', match, body: 'access_token=gho_x&token_type=bearer' }],
    ['147 10 MB', { action: 'body', match, headers: json, body: 'x'.repeat(1000), repeat: 10_000 }],
    ['147 invalid UTF-8', { action: 'body', match, headers: json, body: '{"access_token":"\ud800' }],
    [
      '147 another token type',
      { action: 'status', match, status: 200, json: { access_token: 'gho_x', token_type: 'mac', scope: '' } },
    ],
    ['147 an array', { action: 'status', match, status: 200, json: [] }],
    ['147 nothing', { action: 'body', match, headers: json, body: '' }],
    ['147 a cut connection', { action: 'reset', match, times: 5 }],
    ['147 half an answer', { action: 'truncate', match, afterBytes: 10 }],
  ];
  it.each(cases)(
    '%s ends in an error for the client: no grant, no credential, no code',
    async (_title, fault) => {
      const of = await stopBeforeCallback();
      const kinds = () =>
        shared.stack.snapshot().filter((row) => /:(?:grant|credential|code|account)/.test(row));
      const before = kinds();
      shared.stack.github.setFaults([fault]);
      const startedAt = performance.now();
      expectBack(await finish(of), ['access_denied', 'server_error', 'temporarily_unavailable'], of);
      expect(performance.now() - startedAt).toBeLessThan(6000);
      expect(kinds()).toEqual(before);
    },
  );

  it.each([401, 403, 429, 500])(
    '147 a user endpoint that answers %i after the token ends in an error, without an account',
    async (status) => {
      const of = await stopBeforeCallback();
      const kinds = () =>
        shared.stack.snapshot().filter((row) => /:(?:grant|credential|code|account)/.test(row));
      const before = kinds();
      shared.stack.github.setFaults([
        { action: 'status', match: { host: 'api', pathPrefix: '/user' }, status, times: 5 },
      ]);
      expectBack(await finish(of), ['access_denied', 'server_error', 'temporarily_unavailable'], of);
      expect(kinds()).toEqual(before);
    },
  );
});

describe('who came back', () => {
  async function tokensWith(
    approval: { login: string; scopes?: string[] },
    scope = 'read:user',
  ): Promise<Tokens> {
    const { stack, client } = shared;
    const browser = openBrowser();
    const request = authorizationRequest(stack.publicUrl, client, { scope });
    const consent = await browser.follow(await browser.get(request.url));
    stack.github.autoApprove(approval);
    const back = await followToClient(browser, await browser.submit(consent, { decision: 'allow' }), client);
    const code = new URL(back.location ?? 'about:blank').searchParams.get('code') ?? '';
    const form = redemption(client, { code, codeVerifier: request.codeVerifier });
    return (await (await postForm(`${stack.publicUrl}/token`, form)).json()) as Tokens;
  }

  it('146 fewer scopes from GitHub narrow the grant', async () => {
    const tokens = await tokensWith({ login: 'octocat', scopes: ['read:user'] }, 'read:user repo');
    expect(tokens.scope).toBe('read:user');
  });

  it('146 no scope from GitHub ends the login as access_denied', async () => {
    const tokens = await tokensWith({ login: 'octocat', scopes: [] }, 'repo');
    expect(tokens.access_token).toBeUndefined();
  });

  it('149 a login name that moved to another account does not take over the old one’s grants', async () => {
    const { stack } = shared;
    stack.github.putUser({ id: 700_001, login: 'recycled' });
    const old = await signIn(stack, { client: shared.client, login: 'recycled' });
    stack.github.putUser({ id: 700_002, login: 'recycled' });
    const fresh = await signIn(stack, { client: shared.client, login: 'recycled' });
    const oldCall = await (await callTool(stack.mcpUrl, old.tokens.access_token)).text();
    const freshCall = await (await callTool(stack.mcpUrl, fresh.tokens.access_token)).text();
    expect(oldCall).toContain('700001');
    expect(freshCall).toContain('700002');
    const subject = (token: string) => Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const sub = (token: string) => (JSON.parse(subject(token)) as { sub: string }).sub;
    expect(sub(old.tokens.access_token)).not.toBe(sub(fresh.tokens.access_token));
  });
});
