import { describe, expect, it } from 'vitest';
import { openBrowser } from '../../deploy/demo/browser.ts';
import { authorizationRequest, authorize, signIn } from '../support/oauth-client.ts';
import { HOUR_MS, MINUTE_MS, useMovableClock } from '../support/movable-clock.ts';
import { useStack } from '../support/use-stack.ts';

const clock = useMovableClock();
const shared = useStack();

describe('cookies', () => {
  it('151 a session cookie chosen before the login is never the session', async () => {
    const browser = openBrowser();
    const planted = 'A'.repeat(43);
    const { url } = authorizationRequest(shared.stack.publicUrl, shared.client);
    const page = await browser.get(url, { cookie: `gw_sid=${planted}; gw_sid.sig=x` });
    expect(page.status).toBe(303);
    await authorize(shared.stack, shared.client, { browser });
    const session = browser.cookies().find(({ name }) => name === 'gw_sid');
    expect(session?.value).not.toBe(planted);
    const stranger = await openBrowser().get(`${url}&prompt=none`, { cookie: `gw_sid=${planted}` });
    expect(stranger.location).toContain('error=login_required');
  });

  it('151 the session identifier changes at login', async () => {
    const browser = openBrowser();
    await browser.get(authorizationRequest(shared.stack.publicUrl, shared.client).url);
    const before = browser.cookies().find(({ name }) => name === 'gw_sid')?.value;
    await authorize(shared.stack, shared.client, { browser });
    const after = browser.cookies().find(({ name }) => name === 'gw_sid')?.value;
    expect(after).toBeTypeOf('string');
    expect(after).not.toBe(before);
  });

  it('152 every cookie is HttpOnly and SameSite=Lax, without Domain', async () => {
    const { browser } = await authorize(shared.stack, shared.client);
    const raws = browser.cookies().map(({ raw }) => raw);
    expect(raws.length).toBeGreaterThan(0);
    for (const raw of raws) {
      expect(raw).toMatch(/;\s*httponly/i);
      expect(raw).toMatch(/;\s*samesite=lax/i);
      expect(raw).not.toMatch(/;\s*domain=/i);
    }
  });

  it.each([
    ['15 kB in one cookie', `x=${'y'.repeat(15_000)}`],
    ['200 cookies', Array.from({ length: 200 }, (_, index) => `c${String(index)}=v`).join('; ')],
    ['broken pairs', '=; ;;; =x; gw_sid; gw_sid=%zz; gw_interaction="'],
    ['a thousand session cookies', Array.from({ length: 900 }, () => 'gw_sid=a').join('; ')],
  ])('154 %s neither break a login nor the server', async (_title, cookie) => {
    const { url } = authorizationRequest(shared.stack.publicUrl, shared.client);
    const page = await openBrowser().get(url, { cookie });
    expect([303, 431]).toContain(page.status);
  });

  it('154 a Cookie header of 20 kB is refused with 431', async () => {
    const { url } = authorizationRequest(shared.stack.publicUrl, shared.client);
    expect((await openBrowser().get(url, { cookie: `x=${'y'.repeat(20_000)}` })).status).toBe(431);
  });

  it('155 a session cookie whose session is over says nothing of its account', async () => {
    const { browser } = await signIn(shared.stack, { client: shared.client });
    const { url } = authorizationRequest(shared.stack.publicUrl, shared.client);
    expect((await browser.follow(await browser.get(url))).text).toContain('octocat');
    clock.advance(HOUR_MS + MINUTE_MS);
    const cookie = browser
      .cookies()
      .filter(({ name }) => name.startsWith('gw_sid'))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const stale = openBrowser();
    const consent = await stale.follow(await stale.get(url, { cookie }));
    expect(consent.status).toBe(200);
    expect(consent.text).not.toContain('octocat');
  });

  it('155 a session cookie with a broken signature is no session', async () => {
    const { browser } = await signIn(shared.stack, { client: shared.client });
    const session = browser.cookies().find(({ name }) => name === 'gw_sid')?.value ?? '';
    const { url } = authorizationRequest(shared.stack.publicUrl, shared.client);
    const cookie = `gw_sid=${session}; gw_sid.sig=${'A'.repeat(27)}`;
    const page = await openBrowser().get(`${url}&prompt=none`, { cookie });
    expect(page.location).toContain('error=login_required');
  });
});

describe('cookies of an https deployment', () => {
  const https = useStack(() => ({ env: { PUBLIC_URL: 'https://mcp.example.com' } }));

  it('152/153 carry Secure and a prefix that a sibling host cannot set', async () => {
    const { stack } = https;
    const { pathname, search } = new URL(authorizationRequest(stack.publicUrl, https.client).url);
    const response = await fetch(`${stack.gateways[0] ?? ''}${pathname}${search}`, { redirect: 'manual' });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toMatch(/^(?:https:\/\/mcp\.example\.com)?\/interaction\//);
    const cookies = response.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__(?:Host|Secure)-/);
      expect(cookie).toMatch(/;\s*secure/i);
      if (cookie.startsWith('__Host-')) expect(cookie).toMatch(/;\s*path=\/(?:;|$)/i);
    }
  });
});
