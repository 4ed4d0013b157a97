import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { callTool, postForm, redemption } from '../support/oauth-client.ts';
import type { Tokens } from '../support/oauth-client.ts';
import { until } from '../support/redis.ts';
import type { Place } from './place.ts';
import { startHttpsPlace, startLoopbackPlace } from './place.ts';
import { useTab } from './use-tab.ts';
import { atClient, confirmAndPress, finish, openConsent, press, signInBefore, waitForText } from './walk.ts';

const PLACES = [
  { name: 'on http loopback', start: startLoopbackPlace, secure: false },
  { name: 'on https through nginx and two gateways', start: startHttpsPlace, secure: true },
];

const MOST_STOPS = 40;

/** Runs in the page: what has the focus, and whether that can be seen. */
const FOCUSED = `(() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return [document.activeElement.innerText, outlineStyle, Number.parseFloat(outlineWidth)];
})()`;

/** Goes by Tab to the first thing of that name and activates it. @throws when the keyboard does not reach it */
async function pressByKeyboard(page: Page, name: string): Promise<void> {
  const passed: string[] = [];
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await page.keyboard.press('Tab');
    const [text, style, width] = await page.evaluate<[string, string, number]>(FOCUSED);
    passed.push(text);
    if (!text.startsWith(name)) continue;
    expect(style).toBe('solid');
    expect(width).toBeGreaterThanOrEqual(2);
    await page.keyboard.press('Enter');
    return;
  }
  throw new Error(`the keyboard does not reach ${name}, only ${passed.join(', ')}`);
}

describe.each(PLACES)('the account page $name', ({ start, secure }) => {
  let place: Place;
  let context: BrowserContext;
  let page: Page;
  useTab(start, (tab) => {
    ({ place, context, page } = tab);
  });

  const openAccount = async (login: string) => {
    await page.goto(`${place.publicUrl}/account`);
    await press(page, 'Sign in with GitHub');
    await press(page, login);
    await waitForText(page, `Signed in as ${login}`);
  };

  /** Connects the client as `login` and answers its tokens. */
  const connect = async (login: string): Promise<Tokens> => {
    const tab = await context.newPage();
    const request = await openConsent(tab, place);
    const answer = await finish(tab, place, login);
    await tab.close();
    const form = redemption(place.client, {
      code: answer.get('code') ?? '',
      codeVerifier: request.codeVerifier,
    });
    return (await (await postForm(`${place.publicUrl}/token`, form)).json()) as Tokens;
  };

  it('can be used with the keyboard alone, from signing in to signing out', async () => {
    await signInBefore(context, place, 'octocat');
    await page.goto(`${place.publicUrl}/account`);
    await pressByKeyboard(page, 'Sign in with GitHub');
    await press(page, 'octocat');
    await waitForText(page, 'Signed in as octocat');
    await pressByKeyboard(page, 'Revoke');
    await waitForText(page, 'The application has to ask you again');
    await pressByKeyboard(page, 'Disconnect GitHub');
    await waitForText(page, 'Disconnect GitHub?');
    await pressByKeyboard(page, 'Keep as it is');
    await waitForText(page, 'Signed in as octocat');
    await pressByKeyboard(page, 'Disconnect GitHub');
    await waitForText(page, 'Disconnect GitHub?');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await pressByKeyboard(page, 'Disconnect GitHub');
    await waitForText(page, 'Everything is ended here');
    await pressByKeyboard(page, 'Sign out');
    await waitForText(page, 'You are signed out');
  });

  it('ends a client that a worker still answered a moment ago', async () => {
    const { access_token: accessToken } = await connect('octocat');
    expect((await callTool(place.mcpUrl, accessToken)).status).toBe(200);
    await openAccount('octocat');
    await page.getByRole('link', { name: 'Revoke all' }).click();
    await confirmAndPress(page, 'Revoke all');
    await waitForText(page, 'No application may use GitHub as you');
    await until(async () => (await callTool(place.mcpUrl, accessToken)).status === 401, 40);
  });

  it('has a session that only this origin can set and no script can read (RFC 6265bis §4.1.3)', async () => {
    await openAccount('octocat');
    const cookies = await context.cookies(place.publicUrl);
    const session = cookies.find(({ name }) => name.endsWith('gw_account'));
    expect(session).toMatchObject({ httpOnly: true, secure, sameSite: 'Lax', path: '/' });
    expect(session?.name).toBe(secure ? '__Host-gw_account' : 'gw_account');
    expect(cookies.map(({ name }) => name).filter((name) => name.includes('gw_up_'))).toEqual([]);
  });

  it('needs no script, is refused nothing by its own policy and fetches nothing from anywhere else', async () => {
    const plain = await place.chromium.newContext({ javaScriptEnabled: false });
    plain.setDefaultTimeout(15_000);
    const tab = await plain.newPage();
    const complaints: string[] = [];
    const origins = new Set<string>();
    tab.on('console', (message) => complaints.push(message.text()));
    tab.on('request', (request) => origins.add(new URL(request.url()).origin));
    await tab.goto(`${place.publicUrl}/account`);
    await press(tab, 'Sign in with GitHub');
    await press(tab, 'hubot');
    await waitForText(tab, 'Signed in as hubot');
    await tab.getByRole('link', { name: 'Disconnect GitHub' }).click();
    await confirmAndPress(tab, 'Disconnect GitHub');
    await waitForText(tab, 'you can remove it there yourself');
    expect(complaints).toEqual([]);
    expect([...origins].sort()).toEqual([place.publicUrl, place.github.webBase].sort());
    await plain.close();
  });

  it('names every Revoke by what it revokes', async () => {
    await connect('octocat');
    await openAccount('octocat');
    const button = page.getByRole('button', { name: 'Revoke' }).first();
    const described = (await button.getAttribute('aria-describedby')) ?? '';
    expect(described).not.toBe('');
    const words = await Promise.all(
      described.split(' ').map(async (id) => await page.locator(`#${id}`).innerText()),
    );
    expect(words.join(' ')).toMatch(/Test client \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
  });

  it('shows nothing of the person to who goes back after signing out', async () => {
    await openAccount('octocat');
    await press(page, 'Sign out');
    await waitForText(page, 'You are signed out');
    await page.goBack();
    await waitForText(page, 'Sign in with GitHub');
  });

  it('does not disturb a sign-in for an application in another tab', async () => {
    const other = await context.newPage();
    await openConsent(other, place);
    await confirmAndPress(other, 'Continue');
    await openAccount('octocat');
    await press(other, 'hubot');
    expect((await atClient(other, place)).get('code')).toMatch(/\S/);
    await page.reload();
    await waitForText(page, 'Signed in as octocat');
  });
});
