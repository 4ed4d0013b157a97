import { describe, expect, it } from 'vitest';
import type { Browser, Page } from '../../deploy/demo/browser.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import {
  expectErrorRedirect,
  expectLocalPage,
  expectPageHeaders,
  withoutSideEffect,
} from '../support/expect-answer.ts';
import { MINUTE_MS, useMovableClock } from '../support/movable-clock.ts';
import type { RegisteredClient } from '../support/oauth-client.ts';
import {
  authorizationRequest,
  authorize,
  followToClient,
  postJson,
  registerClient,
  signIn,
} from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const clock = useMovableClock();
const shared = useStack();

/** Opens an authorization request up to the consent page. */
async function openConsent(
  browser: Browser = openBrowser(),
  client: RegisteredClient = shared.client,
  parameters: Record<string, string> = {},
) {
  const request = authorizationRequest(shared.stack.publicUrl, client, parameters);
  const page = await browser.follow(await browser.get(request.url));
  expect(page.status, page.text).toBe(200);
  return { browser, request, page };
}

async function allow(browser: Browser, page: Page): Promise<Page> {
  shared.stack.github.autoApprove({ login: 'octocat' });
  return await browser.submit(page, { decision: 'allow' });
}

function formOf(page: Page): { action: string; csrf: string } {
  const action = /<form[^>]*action="([^"]*)"/.exec(page.text)?.[1] ?? '';
  const csrf = /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
  return { action: new URL(action, page.url).href, csrf };
}

describe('one GitHub app for many clients (MCP security best practices, confused deputy)', () => {
  it('023 the consent page comes before anything is sent to GitHub', async () => {
    const upstream = shared.stack.github.journal().length;
    const { page } = await openConsent();
    expect(page.text).toContain('Allow');
    expect(shared.stack.github.journal().length).toBe(upstream);
  });

  it('024 a session and a consent for one client are no consent for another', async () => {
    const { browser } = await signIn(shared.stack, { client: shared.client });
    const other = await registerClient(shared.stack.publicUrl, { client_name: 'Stranger' });
    const { page } = await openConsent(browser, other);
    expect(page.text).toContain('Stranger');
  });

  it('025 the same client with another registered redirect is asked again', async () => {
    const second = 'https://app.example/second';
    const client = await registerClient(shared.stack.publicUrl, {
      redirect_uris: [shared.client.redirectUri, second],
    });
    const { browser } = await signIn(shared.stack, { client });
    const { page } = await openConsent(browser, { ...client, redirectUri: second });
    expect(page.text).toContain('app.example');
  });

  it('026 more scope is asked for again and the page lists it', async () => {
    const { browser } = await signIn(shared.stack, { client: shared.client });
    const { page } = await openConsent(browser, shared.client, { scope: 'read:user repo' });
    expect(page.text).toMatch(/<li>[^<]*<code>repo<\/code>/);
  });
});

describe('the consent form', () => {
  it('028 a form without its token, or with that of another interaction, changes nothing', async () => {
    const { browser, page } = await openConsent();
    const other = await openConsent();
    const { action } = formOf(page);
    for (const csrf of [undefined, '', 'x'.repeat(43), formOf(other.page).csrf]) {
      const form = { decision: 'allow', ...(csrf === undefined ? {} : { csrf }) };
      const answer = await withoutSideEffect(shared.stack, async () => await browser.post(action, form));
      expectLocalPage(answer, 403);
    }
  });

  it('028 the token of one browser opens nothing in another', async () => {
    const { page } = await openConsent();
    const { action, csrf } = formOf(page);
    const answer = await withoutSideEffect(
      shared.stack,
      async () => await openBrowser().post(action, { decision: 'allow', csrf }),
    );
    expectLocalPage(answer, [400, 403]);
  });

  it.each(['https://evil.example', 'null', 'http://localhost', 'http://localhost:1'])(
    '029 a form from origin %s is refused',
    async (origin) => {
      const { browser, page } = await openConsent();
      const { action, csrf } = formOf(page);
      const answer = await withoutSideEffect(
        shared.stack,
        async () => await browser.post(action, { decision: 'allow', csrf }, { origin }),
      );
      expectLocalPage(answer, 403);
    },
  );

  it('029 a form without Origin needs same-origin fetch metadata', async () => {
    const { browser, page } = await openConsent();
    const { action, csrf } = formOf(page);
    const cookie = browser
      .cookies()
      .filter(({ path }) => new URL(action).pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const post = async (headers: Record<string, string>) =>
      await fetch(action, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie, ...headers },
        body: new URLSearchParams({ decision: 'deny', csrf }),
      });
    expect((await post({})).status).toBe(403);
    expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await post({ 'sec-fetch-site': 'same-site' })).status).toBe(403);
    expect((await post({ 'sec-fetch-site': 'same-origin' })).status).toBe(303);
  });

  it('030 a double click starts one transaction, and the login finishes', async () => {
    const { browser, page } = await openConsent();
    shared.stack.github.autoApprove({ login: 'octocat' });
    const [first, second] = await Promise.all([allow(browser, page), allow(browser, page)]);
    expect([first.status, second.status]).toEqual([303, 303]);
    expect(second.location).toBe(first.location);
    const back = await followToClient(browser, second, shared.client);
    expect(back.location).toContain('code=');
  });

  it('030 the form of a finished login gets a harmless page', async () => {
    const { browser, page } = await openConsent();
    await followToClient(browser, await allow(browser, page), shared.client);
    expectLocalPage(await allow(browser, page), [400, 403]);
  });

  it('031 the first copy of a page that was loaded twice still works', async () => {
    const { browser, page } = await openConsent();
    await browser.get(page.url);
    const back = await followToClient(browser, await allow(browser, page), shared.client);
    expect(back.location).toContain('code=');
  });

  it('032 every HTML answer refuses frames', async () => {
    const { browser, page } = await openConsent();
    expectPageHeaders(page);
    const { action } = formOf(page);
    expectPageHeaders(await browser.post(action, { decision: 'allow' }));
    expectPageHeaders(await browser.get(`${shared.stack.publicUrl}/interaction/unknown`));
    expectPageHeaders(await browser.get(`${shared.stack.publicUrl}/`));
  });
});

describe('what a client says of itself', () => {
  it.each(['<img src=x onerror=alert(1)>', '{{7*7}}', '${7*7}', '"><script>1</script>', '&lt;b&gt;'])(
    '033 the name %j is shown as text',
    async (name) => {
      const client = await registerClient(shared.stack.publicUrl, { client_name: name });
      const { page } = await openConsent(openBrowser(), client);
      expect(page.text).not.toMatch(/<img|<script|<b>/);
      expect(page.text).not.toContain('>49<');
      const shown = name
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        // Quotation marks are dropped (S14).
        .replaceAll('"', '');
      expect(page.text).toContain(shown);
    },
  );

  it('033 characters that reorder or hide text are not shown as such', async () => {
    const client = await registerClient(shared.stack.publicUrl, { client_name: 'Git\u202eHub\u200b' });
    const { page } = await openConsent(openBrowser(), client);
    expect(page.text).not.toMatch(/[\u202e\u200b]/);
  });

  it.each(['client_uri', 'logo_uri', 'tos_uri', 'policy_uri'])(
    '034 a hostile %s is not kept, and reaches no page (RFC 7591 §3.2.1)',
    async (name) => {
      for (const uri of ['javascript:alert(1)', 'data:text/html,x', 'http://app.example/']) {
        const response = await postJson(`${shared.stack.publicUrl}/register`, {
          redirect_uris: [shared.client.redirectUri],
          [name]: uri,
        });
        expect(response.status).toBe(201);
        const answer = (await response.json()) as Record<string, unknown>;
        expect(answer).not.toHaveProperty(name);
        const client = { clientId: String(answer['client_id']), redirectUri: shared.client.redirectUri };
        const { page } = await openConsent(openBrowser(), client);
        expect(page.text).not.toContain(uri);
      }
    },
  );

  it('034 the browser loads nothing from the client', async () => {
    const client = await registerClient(shared.stack.publicUrl, {
      logo_uri: 'https://app.example/logo.png',
      client_uri: 'https://app.example/',
    });
    const { page } = await openConsent(openBrowser(), client);
    expect(page.text).not.toMatch(/<img|src=|<link/);
  });

  it('035 a client named GitHub is shown with its redirect host and as unverified', async () => {
    const client = await registerClient(shared.stack.publicUrl, {
      client_name: 'GitHub',
      redirect_uris: ['https://collector.example/cb'],
    });
    const { page } = await openConsent(openBrowser(), {
      ...client,
      redirectUri: 'https://collector.example/cb',
    });
    expect(page.text).toContain('<strong>collector.example</strong>');
    expect(page.text).toMatch(/nobody has verified/i);
  });
});

describe('decisions', () => {
  it('036 a denial goes back as access_denied, without a transaction or an upstream cookie', async () => {
    const { browser, page, request } = await openConsent();
    const upstream = shared.stack.github.journal().length;
    const answer = await browser.follow(await browser.submit(page, { decision: 'deny' }), (location) =>
      location.startsWith(shared.client.redirectUri),
    );
    expectErrorRedirect(answer, 'access_denied', {
      request,
      client: shared.client,
      issuer: shared.stack.publicUrl,
    });
    expect(browser.cookies().filter(({ name }) => name.includes('gw_up'))).toEqual([]);
    expect(shared.stack.github.journal().length).toBe(upstream);
  });

  it('036 a decision that is none of ours changes nothing', async () => {
    const { browser, page } = await openConsent();
    const answer = await withoutSideEffect(
      shared.stack,
      async () => await browser.submit(page, { decision: 'allow-all' }),
    );
    expectLocalPage(answer, 403);
  });

  it('036 scopes that the page did not offer cannot be ticked', async () => {
    const { browser, page } = await openConsent();
    const hop = await browser.submit(page, { decision: 'allow', scope: 'admin:org' });
    expect(new URL(hop.location ?? '').searchParams.get('scope')).toBe('read:user');
  });

  it('037 before an answer no state is known: a guessed callback is refused', async () => {
    const { browser } = await openConsent();
    const answer = await withoutSideEffect(
      shared.stack,
      async () => await browser.get(`${shared.stack.publicUrl}/auth/callback?code=x&state=${'A'.repeat(43)}`),
    );
    expectLocalPage(answer, 403);
  });
});

describe('the way back from GitHub belongs to the browser that consented (CVE-2026-27124)', () => {
  /** Consents and stops in front of our callback. */
  async function stopBeforeCallback(browser: Browser = openBrowser()) {
    const opened = await openConsent(browser);
    const hop = await allow(browser, opened.page);
    const stopped = await browser.follow(hop, (location) => location.includes('/auth/callback'));
    return { ...opened, callback: stopped.location ?? '' };
  }

  function tokenRequests(): number {
    return shared.stack.github.journal().filter(({ path }) => path.endsWith('/access_token')).length;
  }

  it('038 a GitHub callback opened in another browser is refused before GitHub is asked', async () => {
    const { callback } = await stopBeforeCallback();
    const before = tokenRequests();
    expectLocalPage(await openBrowser().get(callback), 403);
    expect(tokenRequests()).toBe(before);
  });

  it('039 the cookie of one transaction does not open another of the same browser', async () => {
    const browser = openBrowser();
    const first = await stopBeforeCallback(browser);
    const victim = await stopBeforeCallback();
    const before = tokenRequests();
    expect(first.callback).not.toBe(victim.callback);
    expectLocalPage(await browser.get(victim.callback), 403);
    expect(tokenRequests()).toBe(before);
  });

  it('040 a tampered upstream cookie is refused', async () => {
    const { callback, browser } = await stopBeforeCallback();
    const before = tokenRequests();
    const cookie = browser
      .cookies()
      .filter(({ name }) => name.includes('gw_up'))
      .map(({ name, value }) => `${name}=${value.slice(0, -2)}AA`)
      .join('; ');
    expect(cookie).not.toBe('');
    expectLocalPage(await openBrowser().get(callback, { cookie }), 403);
    expect(tokenRequests()).toBe(before);
  });

  it('041 two logins in two tabs finish in either order', async () => {
    const browser = openBrowser();
    const first = await stopBeforeCallback(browser);
    const second = await stopBeforeCallback(browser);
    for (const { callback, request } of [second, first]) {
      const back = await followToClient(browser, await browser.get(callback), shared.client);
      const answer = new URL(back.location ?? 'about:blank').searchParams;
      expect(answer.get('code'), back.text).not.toBeNull();
      expect(answer.get('state')).toBe(request.state);
    }
  });

  it('156 another account than the page named is asked again and never mixed with the first', async () => {
    const { browser } = await signIn(shared.stack, { client: shared.client, login: 'octocat' });
    const { page } = await openConsent(browser, shared.client, { prompt: 'login' });
    expect(page.text).toContain('octocat');
    shared.stack.github.autoApprove({ login: 'hubot' });
    const again = await browser.follow(await browser.submit(page, { decision: 'allow' }), (location) =>
      location.startsWith(shared.client.redirectUri),
    );
    expect(again.location, again.location).toBeUndefined();
    expect(again.text).toContain('hubot');
    expect(again.text).toContain('octocat');
    const back = await followToClient(
      browser,
      await browser.submit(again, { decision: 'allow' }),
      shared.client,
    );
    expect(back.location).toContain('code=');
  });

  it('042 a callback eleven minutes after consent stores nothing and does not reach GitHub', async () => {
    const { callback, browser } = await stopBeforeCallback();
    const before = tokenRequests();
    clock.advance(11 * MINUTE_MS);
    expectLocalPage(await browser.get(callback), [400, 403]);
    expect(tokenRequests()).toBe(before);
  });

  it('042 a consent page that was left open past its time is answered with a page', async () => {
    const { browser, page } = await openConsent();
    clock.advance(16 * MINUTE_MS);
    expectLocalPage(await allow(browser, page), [400, 403]);
  });

  it('027 authorizing again for the one resource prompts again', async () => {
    const { browser } = await authorize(shared.stack, shared.client);
    const { page } = await openConsent(browser, shared.client, { resource: shared.stack.mcpUrl });
    expect(page.text).toContain(shared.stack.mcpUrl);
  });
});
