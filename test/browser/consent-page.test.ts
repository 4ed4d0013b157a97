import type { BrowserContext, Page, Request, Route } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { registerClient } from '../support/oauth-client.ts';
import type { Place } from './place.ts';
import { startHttpsPlace, startLoopbackPlace } from './place.ts';
import { useTab } from './use-tab.ts';
import { atClient, confirmAndPress, finish, openConsent, press, waitForText } from './walk.ts';

const PLACES = [
  { name: 'on http loopback', start: startLoopbackPlace, secure: false },
  { name: 'on https through nginx', start: startHttpsPlace, secure: true },
];

/** Runs in the page. */
const FOCUS_OUTLINE = `(() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return [outlineStyle, outlineWidth];
})()`;

describe.each(PLACES)('the consent page $name', ({ start, secure }) => {
  let place: Place;
  let context: BrowserContext;
  let page: Page;
  useTab(start, (tab) => {
    ({ place, context, page } = tab);
  });

  it('leaves cookies that only this origin can set and no script can read (RFC 6265bis §4.1.3)', async () => {
    await openConsent(page, place);
    await confirmAndPress(page, 'Continue');
    await waitForText(page, 'Continue as');
    const during = await context.cookies([`${place.publicUrl}/`, place.publicUrl + '/interaction/x']);
    await press(page, 'octocat');
    await atClient(page, place);
    const cookies = [...during, ...(await context.cookies(place.publicUrl))];
    expect(cookies.map(({ name }) => name).join(' ')).toContain('gw_sid');
    expect(cookies.map(({ name }) => name).join(' ')).toContain('gw_up_');
    for (const cookie of cookies) {
      expect(cookie, cookie.name).toMatchObject({ httpOnly: true, secure, sameSite: 'Lax' });
      const prefix = cookie.path === '/' ? '__Host-' : '__Secure-';
      expect(cookie.name.startsWith(secure ? prefix : 'gw_'), cookie.name).toBe(true);
    }
  });

  it('hands the answer to a program with a scheme of its own', async () => {
    const redirectUri = 'cursor://anysphere.cursor-mcp/oauth/callback';
    const { clientId } = await registerClient(place.publicUrl, { redirect_uris: [redirectUri] });
    const attempted = attemptsAt(page, 'cursor://');
    const request = await openConsent(page, place, { client_id: clientId, redirect_uri: redirectUri });
    await confirmAndPress(page, 'Continue');
    await press(page, 'octocat');
    const answer = new URL(await attempted).searchParams;
    expect(answer.get('state')).toBe(request.state);
    expect(answer.get('code')).toMatch(/\S/);
  });

  it('would not reach the client if its policy had form-action', async () => {
    await openConsent(page, place);
    await page.route('**/interaction/*', addFormAction);
    await page.reload();
    const arrivals = place.client.arrivals.length;
    const refusal = page.waitForEvent('console', (message) => message.text().includes('form-action'));
    await page.getByRole('button', { name: 'Cancel' }).click({ noWaitAfter: true });
    expect((await refusal).text()).toContain('violates');
    expect(place.client.arrivals).toHaveLength(arrivals);
  });

  it('is refused nothing by its own policy, so that it looks as it was made', async () => {
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    await openConsent(page, place);
    expect(complaints).toEqual([]);
    expect(await page.evaluate<number>('document.styleSheets.length')).toBe(1);
  });

  it('has a language, a title, one heading and a label for every input', async () => {
    await openConsent(page, place);
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await page.title()).toBe('Allow access?');
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
    const boxes = await page.locator('input:not([type=hidden])').all();
    expect(boxes.length).toBeGreaterThan(0);
    for (const box of boxes) {
      const value = (await box.getAttribute('value')) ?? '';
      const label = value === 'yes' ? 'I started this myself' : value;
      expect(await page.getByLabel(label).count(), label).toBe(1);
    }
    for (const button of await page.getByRole('button').all()) {
      expect((await button.innerText()).trim()).not.toBe('');
    }
  });

  it('shows where the keyboard is and can be answered with it alone', async () => {
    await openConsent(page, place);
    const stops = await page.locator('input:not([type=hidden]), button').count();
    for (let stop = 0; stop < stops; stop += 1) {
      await page.keyboard.press('Tab');
      const [style, width] = await page.evaluate<[string, string]>(FOCUS_OUTLINE);
      expect(style).toBe('solid');
      expect(Number.parseFloat(width)).toBeGreaterThanOrEqual(2);
    }
    // The last stop is Cancel.
    await page.keyboard.press('Enter');
    expect((await atClient(page, place)).get('error')).toBe('access_denied');
  });

  it('fetches nothing from anywhere else', async () => {
    const origins = new Set<string>();
    page.on('request', (request) => origins.add(new URL(request.url()).origin));
    await openConsent(page, place);
    expect([...origins]).toEqual([place.publicUrl]);
    await finish(page, place, 'octocat');
  });
});

/** The first address of a scheme that the tab tries to go to. */
async function attemptsAt(page: Page, scheme: string): Promise<string> {
  const client = await page.context().newCDPSession(page);
  await client.send('Network.enable');
  await client.send('Page.enable');
  return await new Promise((resolve) => {
    const note = (url: string) => {
      if (url.startsWith(scheme)) resolve(url);
    };
    client.on('Page.frameRequestedNavigation', ({ url }) => note(url));
    client.on('Network.requestWillBeSent', ({ request }) => note(request.url));
    page.on('requestfailed', (request: Request) => note(request.url()));
  });
}

async function addFormAction(route: Route): Promise<void> {
  if (route.request().method() !== 'GET') {
    await route.continue();
    return;
  }
  const response = await route.fetch();
  const headers = response.headers();
  const policy = headers['content-security-policy'] ?? '';
  await route.fulfill({
    response,
    headers: { ...headers, 'content-security-policy': `${policy}; form-action 'self'` },
  });
}
