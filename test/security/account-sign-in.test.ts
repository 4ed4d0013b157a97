import { describe, expect, it } from 'vitest';
import { formTo, sendForm, signInAtAccountPage, stopBeforeAccountCallback } from '../support/account-page.ts';
import type { Browser } from '../../deploy/demo/browser.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import { expectLocalPage, withoutSideEffect } from '../support/expect-answer.ts';
import { HOUR_MS, MINUTE_MS, useMovableClock } from '../support/movable-clock.ts';
import { authorizationRequest, authorize, followToClient, signIn } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const clock = useMovableClock();
const shared = useStack();
const account = () => `${shared.stack.publicUrl}/account`;

function sessionOf(browser: Browser): string | undefined {
  return browser.cookies().find(({ name }) => name.endsWith('gw_account'))?.value;
}

describe('the session of the account page', () => {
  it('is never the one that a planted cookie names', async () => {
    const planted = 'A'.repeat(43);
    const browser = openBrowser();
    const before = await browser.get(account(), { cookie: `gw_account=${planted}` });
    expect(before.text).toContain('Sign in with GitHub');
    await signInAtAccountPage(shared.stack, { browser });
    expect(sessionOf(browser)).not.toBe(planted);
    expect((await openBrowser().get(account(), { cookie: `gw_account=${planted}` })).text).not.toContain(
      'octocat',
    );
  });

  it('gets a new name at every sign-in, and the old name opens nothing', async () => {
    const { browser } = await signInAtAccountPage(shared.stack);
    const before = sessionOf(browser);
    await signInAtAccountPage(shared.stack, { browser });
    expect(sessionOf(browser)).not.toBe(before);
    const old = await openBrowser().get(account(), { cookie: `gw_account=${String(before)}` });
    expect(old.text).toContain('Sign in with GitHub');
  });

  it('has 256 random bits and is stored by its hash only', async () => {
    const { browser } = await signInAtAccountPage(shared.stack);
    const token = sessionOf(browser) ?? '';
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(shared.stack.dump()).not.toContain(token);
    expect(shared.stack.dump()).toContain('ocg:account-session:');
  });

  it.each(['', 'x', 'A'.repeat(43), '../../etc', '%00', 'a'.repeat(4000)])(
    'unknown identifier %j creates no session',
    async (value) => {
      const answer = await withoutSideEffect(
        shared.stack,
        async () => await openBrowser().get(account(), { cookie: `gw_account=${value}` }),
      );
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('Sign in with GitHub');
      expect(answer.headers.getSetCookie()).toEqual([]);
    },
  );

  it('152 its cookie is HttpOnly, SameSite=Lax, of the whole origin and of no domain', async () => {
    const { browser } = await signInAtAccountPage(shared.stack);
    const raw = browser.cookies().find(({ name }) => name === 'gw_account')?.raw ?? '';
    expect(raw).toMatch(/;\s*httponly/i);
    expect(raw).toMatch(/;\s*samesite=lax/i);
    expect(raw).toMatch(/;\s*path=\/(?:;|$)/i);
    expect(raw).not.toMatch(/;\s*domain=/i);
  });

  it('155 ends at sign-out: its cookie is told to go and its name opens nothing', async () => {
    const { browser, page } = await signInAtAccountPage(shared.stack);
    const token = String(sessionOf(browser));
    const after = await sendForm(browser, formTo(page, '/account/sign-out'));
    expect(after.text).toContain('You are signed out');
    expect(sessionOf(browser)).toBeUndefined();
    const replayed = await openBrowser().get(account(), { cookie: `gw_account=${token}` });
    expect(replayed.text).toContain('Sign in with GitHub');
  });

  it('155 ends an hour after it was used last', async () => {
    const { browser } = await signInAtAccountPage(shared.stack);
    clock.advance(50 * MINUTE_MS);
    expect((await browser.get(account())).text).toContain('octocat');
    clock.advance(50 * MINUTE_MS);
    expect((await browser.get(account())).text).toContain('octocat');
    clock.advance(HOUR_MS + MINUTE_MS);
    expect((await browser.get(account())).text).not.toContain('octocat');
  });

  it('155 ends after eight hours however much it is used', async () => {
    const { browser } = await signInAtAccountPage(shared.stack);
    const token = String(sessionOf(browser));
    const look = async () =>
      (await openBrowser().get(account(), { cookie: `gw_account=${token}` })).text.includes('octocat');
    for (let half = 0; half < 15; half += 1) {
      clock.advance(30 * MINUTE_MS);
      expect(await look()).toBe(true);
    }
    clock.advance(30 * MINUTE_MS);
    expect(await look()).toBe(false);
  });

  it('is no sign-in for an application: consent is asked of nobody in particular', async () => {
    const { browser } = await signInAtAccountPage(shared.stack);
    const { url } = authorizationRequest(shared.stack.publicUrl, shared.client);
    const consent = await browser.follow(await browser.get(url));
    expect(consent.text).toContain('Allow');
    expect(consent.text).not.toContain('octocat');
    const silent = await browser.get(`${url}&prompt=none`);
    expect(silent.location).toContain('error=login_required');
  });

  it('is not given by the session of a login', async () => {
    const { browser } = await signIn(shared.stack, { client: shared.client });
    expect((await browser.get(account())).text).toContain('Sign in with GitHub');
  });
});

/** Consents to an application and stops in front of our callback. */
async function stopBeforeLoginCallback(browser: Browser) {
  const { url } = authorizationRequest(shared.stack.publicUrl, shared.client);
  const consent = await browser.follow(await browser.get(url));
  const hop = await browser.submit(consent, { decision: 'allow' });
  const stopped = await browser.follow(hop, (location) => location.includes('/auth/callback'));
  return { browser, callback: stopped.location ?? '' };
}

describe('the way to GitHub and back', () => {
  const tokenRequests = () =>
    shared.stack.github.journal().filter(({ path }) => path.endsWith('/access_token')).length;

  it('belongs to the browser that set out: another one is refused before GitHub is asked', async () => {
    const { callback } = await stopBeforeAccountCallback(shared.stack);
    const before = tokenRequests();
    const stranger = openBrowser();
    expectLocalPage(await stranger.get(callback), 403);
    expect(sessionOf(stranger)).toBeUndefined();
    expect(tokenRequests()).toBe(before);
  });

  it('is gone once: the same callback a second time is refused', async () => {
    const { browser, callback } = await stopBeforeAccountCallback(shared.stack);
    expect((await browser.get(callback)).status).toBe(303);
    expectLocalPage(await browser.get(callback), 403);
  });

  it('is over after ten minutes', async () => {
    const { browser, callback } = await stopBeforeAccountCallback(shared.stack);
    clock.advance(11 * MINUTE_MS);
    const before = tokenRequests();
    expectLocalPage(await browser.get(callback), 403);
    expect(tokenRequests()).toBe(before);
  });

  it('of a login makes no session of the account page', async () => {
    const { browser, back } = await authorize(shared.stack, shared.client);
    expect(back.location).toContain('code=');
    expect(sessionOf(browser)).toBeUndefined();
  });

  it('of the account page ends at the account page, also while a login waits in the same browser', async () => {
    const browser = openBrowser();
    const { url } = authorizationRequest(shared.stack.publicUrl, shared.client);
    const consent = await browser.follow(await browser.get(url));
    const { page } = await signInAtAccountPage(shared.stack, { browser });
    expect(page.url).toBe(account());
    expect(page.text).toContain('octocat');
    const back = await followToClient(
      browser,
      await browser.submit(consent, { decision: 'allow' }),
      shared.client,
    );
    expect(back.location).toContain('code=');
  });

  it('is not the way of a login, nor a login its way, for another browser', async () => {
    const { browser, callback } = await stopBeforeAccountCallback(shared.stack);
    const login = await stopBeforeLoginCallback(openBrowser());
    const before = tokenRequests();
    expectLocalPage(await browser.get(login.callback), 403);
    expectLocalPage(await login.browser.get(callback), 403);
    expect(tokenRequests()).toBe(before);
    expect(sessionOf(browser)).toBeUndefined();
    expect(sessionOf(login.browser)).toBeUndefined();
  });

  it('does not take the code of a login of the same browser: PKCE binds it to its own transaction', async () => {
    const { browser, callback } = await stopBeforeAccountCallback(shared.stack);
    const mine = new URL(callback);
    const login = new URL((await stopBeforeLoginCallback(browser)).callback);
    mine.searchParams.set('code', login.searchParams.get('code') ?? '');
    const answer = await browser.get(mine.href);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expectLocalPage(answer, answer.status);
    expect(sessionOf(browser)).toBeUndefined();
  });

  it('writes nothing about an account that never signed in here, and shows it an empty page', async () => {
    const { browser, callback } = await stopBeforeAccountCallback(shared.stack, { login: 'hubot' });
    const kinds = (records: readonly string[]) =>
      records.map((record) => /^ocg:([a-z-]+)/.exec(record)?.[1]).sort();
    const before = shared.stack.snapshot();
    const page = await browser.follow(await browser.get(callback));
    expect(page.text).toContain('No application may use GitHub as you.');
    const added = shared.stack.snapshot().filter((record) => !before.includes(record));
    expect(kinds(added)).toEqual(['account-session']);
  });

  it('leaves no GitHub token behind', async () => {
    const deletions = () =>
      shared.stack.github
        .journal()
        .filter(({ method, path }) => method === 'DELETE' && path.startsWith('/applications/')).length;
    const [exchanged, deleted] = [tokenRequests(), deletions()];
    await signInAtAccountPage(shared.stack, { login: 'hubot' });
    expect(tokenRequests()).toBe(exchanged + 1);
    expect(deletions()).toBe(deleted + 1);
    expect(shared.stack.github.tokens().filter(({ login }) => login === 'hubot')).toEqual([]);
  });
});

describe('the account page of an https deployment', () => {
  const https = useStack(() => ({ env: { PUBLIC_URL: 'https://mcp.example.com' } }));

  it('152/153 sets off with a cookie that no sibling host can set', async () => {
    const start = await fetch(`${https.stack.gateways[0] ?? ''}/account/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: 'https://mcp.example.com' },
    });
    expect(start.status).toBe(303);
    const cookies = start.headers.getSetCookie();
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatch(/^__Host-gw_up_/);
    expect(cookies[0]).toMatch(/;\s*secure/i);
    expect(cookies[0]).toMatch(/;\s*path=\/(?:;|$)/i);
    expect(cookies[0]).not.toMatch(/;\s*domain=/i);
  });
});

describe('the account page and one network address', () => {
  const limited = useStack(() => ({ env: { AUTHORIZATION_LIMIT: '3' } }));

  it('stop at the limit of authorization requests: each sign-in writes (RFC 6585 §4)', async () => {
    const { stack } = limited;
    const browser = openBrowser();
    const start = async () => (await browser.post(`${stack.publicUrl}/account/sign-in`, {})).status;
    expect([await start(), await start(), await start()]).toEqual([303, 303, 303]);
    const refused = await withoutSideEffect(
      stack,
      async () => await browser.post(`${stack.publicUrl}/account/sign-in`, {}),
    );
    expectLocalPage(refused, 429);
  });
});
