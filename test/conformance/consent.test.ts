import { describe, expect } from 'vitest';
import type { Browser } from '../../deploy/demo/browser.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import { authorizationRequest, registerClient, signIn } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';
import { verifies } from './verifies.ts';

const shared = useStack();

async function openConsent(redirectUri: string, browser: Browser = openBrowser()) {
  const registered = await registerClient(shared.stack.publicUrl, {
    client_name: 'Editor',
    redirect_uris: [redirectUri],
  });
  const client = { ...registered, redirectUri };
  const request = authorizationRequest(shared.stack.publicUrl, client, { scope: 'read:user repo' });
  const page = await browser.follow(await browser.get(request.url));
  expect(page.status).toBe(200);
  return { browser, page, client };
}

const LOOPBACK = 'http://127.0.0.1:7777/callback';
const upstreamRequests = () => shared.stack.github.journal().length;

describe('the consent page', () => {
  verifies('A5', 'shows the host of the redirect URI', async () => {
    expect((await openConsent('https://app.example/deep/cb')).page.text).toContain('app.example');
    expect((await openConsent(LOOPBACK)).page.text).toContain('127.0.0.1:7777');
  });

  verifies('A6', 'warns about programs on this computer, and only about them', async () => {
    const warning = /program on this computer/i;
    expect((await openConsent(LOOPBACK)).page.text).toMatch(warning);
    expect((await openConsent('http://localhost:1/cb')).page.text).toMatch(warning);
    expect((await openConsent('com.example.app:/cb')).page.text).toMatch(warning);
    expect((await openConsent('https://app.example/cb')).page.text).not.toMatch(warning);
  });

  verifies('A20', 'shows client, scopes and redirect', async () => {
    const { page, client } = await openConsent('https://app.example/cb');
    for (const shown of [
      'Editor',
      client.clientId,
      'read:user',
      'repo',
      'app.example',
      shared.stack.mcpUrl,
    ]) {
      expect(page.text).toContain(shown);
    }
  });

  verifies('A20', 'cannot be framed, and its form cannot be forged', async () => {
    const { page, browser } = await openConsent(LOOPBACK);
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(page.headers.get('x-frame-options')).toBe('DENY');
    const action = /<form[^>]*action="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const forged = await browser.post(new URL(action, page.url).href, { decision: 'allow' });
    expect(forged.status).toBe(403);
    const foreign = await browser.post(
      new URL(action, page.url).href,
      { decision: 'allow', csrf: /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '' },
      { origin: 'https://evil.example' },
    );
    expect(foreign.status).toBe(403);
  });

  verifies('A18', 'comes before GitHub is contacted', async () => {
    const before = upstreamRequests();
    const { browser, page } = await openConsent(LOOPBACK);
    expect(upstreamRequests()).toBe(before);
    const hop = await browser.submit(page, { decision: 'allow' });
    expect(hop.location).toMatch(
      new RegExp(`^${RegExp.escape(shared.stack.github.webBase)}/login/oauth/authorize`),
    );
  });

  verifies('A18', 'comes again for another client of a signed-in person', async () => {
    const { browser } = await signIn(shared.stack);
    const before = upstreamRequests();
    const { page } = await openConsent(LOOPBACK, browser);
    expect(page.text).toContain('Editor');
    expect(page.text).toContain('octocat');
    expect(upstreamRequests()).toBe(before);
  });
});

describe('the binding of a login to its browser', () => {
  verifies('A21', 'cookies are HttpOnly, SameSite=Lax and of this host', async () => {
    const { browser, page } = await openConsent(LOOPBACK);
    await browser.submit(page, { decision: 'allow' });
    const cookies = browser.cookies();
    expect(cookies.some(({ name }) => name.startsWith('gw_up_'))).toBe(true);
    for (const { raw } of cookies) {
      expect(raw).toMatch(/;\s*httponly/i);
      expect(raw).toMatch(/;\s*samesite=lax/i);
      expect(raw).not.toMatch(/;\s*domain/i);
    }
  });

  verifies('A22', 'there is no state before consent, and a new one for every login', async () => {
    const transactions = () => shared.stack.snapshot().filter((row) => row.includes(':login:'));
    const before = transactions();
    const first = await openConsent(LOOPBACK);
    expect(transactions()).toEqual(before);
    const hop = await first.browser.submit(first.page, { decision: 'allow' });
    expect(transactions()).toHaveLength(before.length + 1);
    const second = await openConsent(LOOPBACK);
    const otherHop = await second.browser.submit(second.page, { decision: 'allow' });
    const state = (location: string | undefined) => new URL(location ?? '').searchParams.get('state') ?? '';
    expect(state(hop.location).length).toBeGreaterThanOrEqual(22);
    expect(state(hop.location)).not.toBe(state(otherHop.location));
  });

  verifies('A22', 'a state is good once, in the browser it was made for', async () => {
    const { browser, page, client } = await openConsent(LOOPBACK);
    shared.stack.github.autoApprove({ login: 'octocat' });
    const stopped = await browser.follow(await browser.submit(page, { decision: 'allow' }), (location) =>
      location.includes('/auth/callback'),
    );
    const callback = stopped.location ?? '';
    const back = await browser.follow(await browser.get(callback), (location) =>
      location.startsWith(client.redirectUri),
    );
    expect(back.location).toContain('code=');
    expect((await browser.get(callback)).status).toBe(403);
  });
});
