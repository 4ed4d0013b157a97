import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../../deploy/demo/browser.ts';
import type { Page } from '../../deploy/demo/browser.ts';
import { expectErrorRedirect, expectLocalPage, withoutSideEffect } from '../support/expect-answer.ts';
import type { AuthorizationRequest, RegisteredClient } from '../support/oauth-client.ts';
import { authorizationRequest, registerClient, signIn } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const WEB = 'https://evil.example/phish?keep=1';
const DEEP_LINK = 'cursor://anysphere.cursor-deeplink/mcp/install?name=x&config=y';
const EXTENSION = 'vscode://evil.publisher/callback';

const folder = mkdtempSync(join(tmpdir(), 'gateway-clients-'));
const file = join(folder, 'clients.json');
writeFileSync(file, JSON.stringify([{ client_id: 'operators', redirect_uris: [WEB] }]));
const shared = useStack(() => ({ env: { CLIENTS_FILE: file } }));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

type Parameters = Record<string, string | undefined>;

/** Everything that makes the library answer with an error before anybody was asked, and the codes it may have. */
const ERRORS: readonly (readonly [string, Parameters, RegExp])[] = [
  ['no response_type', { response_type: undefined }, /^invalid_request$/],
  ['a response_type that is none', { response_type: 'bogus' }, /^unsupported_response_type$/],
  [
    'an implicit response_type',
    { response_type: 'token' },
    /^un(?:supported_response_type|authorized_client)$/,
  ],
  ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }, /^invalid_request$/],
  ['plain PKCE', { code_challenge_method: 'plain' }, /^invalid_request$/],
  ['a short challenge', { code_challenge: 'x' }, /^invalid_request$/],
  ['prompt=none', { prompt: 'none' }, /^(?:login|consent|interaction)_required$/],
  ['prompt=none and another', { prompt: 'none login' }, /^invalid_request$/],
  ['a prompt that is none', { prompt: 'bogus' }, /^invalid_request$/],
  ['response_mode=fragment', { response_mode: 'fragment', prompt: 'none' }, /./],
  ['response_mode=form_post', { response_mode: 'form_post', prompt: 'none' }, /./],
  [
    'a response_mode that is none',
    { response_mode: 'bogus' },
    /^(?:unsupported_response_mode|invalid_request)$/,
  ],
  ['another resource', { resource: 'https://elsewhere.example/mcp' }, /^invalid_target$/],
  ['a request object', { request: 'x.y.z' }, /^request_not_supported$/],
  ['a request_uri', { request_uri: 'https://evil.example/jar' }, /^request_uri_not_supported$/],
  ['a registration', { registration: '{}' }, /^registration_not_supported$/],
];

async function ask(
  client: RegisteredClient,
  parameters: Parameters,
): Promise<{ request: AuthorizationRequest; page: Page }> {
  const request = authorizationRequest(shared.stack.publicUrl, client, parameters);
  const page = await withoutSideEffect(shared.stack, async () => await openBrowser().get(request.url));
  return { request, page };
}

async function register(redirectUri: string): Promise<RegisteredClient> {
  const { clientId } = await registerClient(shared.stack.publicUrl, { redirect_uris: [redirectUri] });
  return { clientId, redirectUri };
}

/** Where the only link of a page leads. */
function wayBack(page: Page): URL {
  const [, href = ''] = /<a class="button" href="([^"]*)"/.exec(page.text) ?? [];
  return new URL(href.replaceAll('&amp;', '&'));
}

describe.each([WEB, DEEP_LINK, EXTENSION])('S10: a client that registered itself for %s', (target) => {
  it.each(ERRORS)('is sent nobody for %s before a person has decided', async (_name, parameters, error) => {
    const { request, page } = await ask(await register(target), parameters);
    expectLocalPage(page);
    expect(page.text).toContain(target.replaceAll('&', '&amp;'));
    expect(page.text).not.toMatch(/<form|<script|http-equiv/);
    expect(page.headers.get('refresh')).toBeNull();
    const back = wayBack(page);
    expect(back.href.startsWith(target)).toBe(true);
    expect(back.searchParams.get('error')).toMatch(error);
    expect(back.searchParams.get('state')).toBe(request.state);
    expect(back.searchParams.get('iss')).toBe(shared.stack.publicUrl);
  });
});

describe('S10: at once goes the answer', () => {
  const loopback = /^un|^response_mode=(?:fragment|form_post)|implicit/;
  const queryErrors = ERRORS.filter(([name]) => !loopback.test(name));

  it.each(queryErrors)('of %s to a program that waits on loopback', async (_name, parameters, error) => {
    const { client } = shared;
    const { request, page } = await ask(client, parameters);
    expectErrorRedirect(page, errorOf(page, error), { request, client, issuer: shared.stack.publicUrl });
  });

  it.each(queryErrors)('of %s to a client of the operator', async (_name, parameters, error) => {
    const client = { clientId: 'operators', redirectUri: WEB };
    const { page } = await ask(client, parameters);
    expect(page.status).toBe(303);
    expect(page.location?.startsWith(WEB)).toBe(true);
    expect(errorOf(page, error)).not.toBe('');
  });

  it('to everybody once the person has decided, with iss (RFC 9207)', async () => {
    const client = await register(WEB);
    const { url, state } = authorizationRequest(shared.stack.publicUrl, client);
    const browser = openBrowser();
    const consent = await browser.follow(await browser.get(url));
    const denied = await browser.submit(consent, { decision: 'deny' });
    const back = await browser.follow(denied, (location) => location.startsWith(WEB));
    const answer = new URL(back.location ?? '').searchParams;
    expect(Object.fromEntries(answer)).toMatchObject({
      error: 'access_denied',
      state,
      iss: shared.stack.publicUrl,
    });
  });

  it('to everybody when GitHub said no after the person had said yes', async () => {
    const client = await register(WEB);
    const browser = openBrowser();
    const consent = await browser.follow(
      await browser.get(authorizationRequest(shared.stack.publicUrl, client).url),
    );
    shared.stack.github.autoApprove({ login: 'octocat', deny: true });
    const allowed = await browser.submit(consent, { decision: 'allow' });
    const back = await browser.follow(allowed, (location) => location.startsWith(WEB));
    expect(new URL(back.location ?? '').searchParams.get('error')).toBe('access_denied');
  });
});

function errorOf(page: Page, allowed: RegExp): string {
  const error = new URL(page.location ?? 'about:blank').searchParams.get('error') ?? '';
  expect(error).toMatch(allowed);
  return error;
}

describe('S10: what stays', () => {
  it('a page is answered to a person who comes back to an interaction without having decided', async () => {
    const client = await register(WEB);
    const browser = openBrowser();
    const consent = await browser.follow(
      await browser.get(authorizationRequest(shared.stack.publicUrl, client).url),
    );
    const uid = new URL(consent.url).pathname.split('/').at(-1) ?? '';
    const again = await browser.get(`${shared.stack.publicUrl}/authorize/${uid}`);
    expect(again.location ?? '').not.toContain('evil.example');
  });

  it('prompt=none gets a page too when the person has a session and has allowed the client before', async () => {
    const client = await register(WEB);
    const { browser } = await signIn(shared.stack, { client });
    const page = await browser.get(
      authorizationRequest(shared.stack.publicUrl, client, { prompt: 'none' }).url,
    );
    expectLocalPage(page);
    expect(wayBack(page).searchParams.get('error')).toMatch(/^(?:consent|interaction)_required$/);
  });
});
