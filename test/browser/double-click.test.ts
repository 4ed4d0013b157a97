import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { AuthorizationRequest, Tokens } from '../support/oauth-client.ts';
import { callTool, postForm, redemption, registerClient } from '../support/oauth-client.ts';
import type { Place } from './place.ts';
import { startLoopbackPlace } from './place.ts';
import { useTab } from './use-tab.ts';
import { atClient, finish, openConsent, press, signInBefore, tick, waitForText } from './walk.ts';

let place: Place;
let context: BrowserContext;
let page: Page;
useTab(startLoopbackPlace, (tab) => {
  ({ place, context, page } = tab);
});

interface Power {
  /** Shows the page in a tab. */
  readonly open: (tab: Page) => Promise<void>;
  readonly button: string;
  /** Whether what the button does has been done. */
  readonly isDone: () => Promise<boolean>;
}

/** A person who signed in a moment ago with these scopes: the consent page alone stands between a client and its code. */
async function consent(): Promise<Power> {
  await signInBefore(context, place, 'octocat');
  const before = place.client.arrivals.length;
  return {
    open: async (tab) => {
      await openConsent(tab, place);
    },
    button: 'Continue',
    isDone: () => Promise.resolve(place.client.arrivals.length > before),
  };
}

/** A link with the code in it, which somebody sent. */
async function device(): Promise<Power> {
  const form = { client_id: place.client.clientId };
  const answer = await postForm(`${place.publicUrl}/device_authorization`, form);
  const { verification_uri_complete: link } = (await answer.json()) as { verification_uri_complete: string };
  let shown = page;
  return {
    open: async (tab) => {
      shown = tab;
      await tab.goto(link);
    },
    button: 'Continue',
    isDone: async () =>
      new URL(shown.url()).pathname !== '/device' || (await shown.title()) !== 'Connect a device',
  };
}

async function accountPage(path: string, button: string): Promise<Power> {
  const tab = await context.newPage();
  const request = await openConsent(tab, place);
  const { access_token: accessToken } = await redeem(request, await finish(tab, place, 'octocat'));
  await tab.goto(`${place.publicUrl}/account`);
  await press(tab, 'Sign in with GitHub');
  await press(tab, 'octocat');
  await waitForText(tab, 'Signed in as octocat');
  await tab.close();
  return {
    open: async (other) => {
      await other.goto(place.publicUrl + path);
    },
    button,
    isDone: async () => (await callTool(place.mcpUrl, accessToken)).status === 401,
  };
}

async function redeem(request: AuthorizationRequest, answer: URLSearchParams): Promise<Tokens> {
  const { codeVerifier } = request;
  const form = redemption(place.client, { code: answer.get('code') ?? '', codeVerifier });
  return (await (await postForm(`${place.publicUrl}/token`, form)).json()) as Tokens;
}

const POWERS: readonly (readonly [string, () => Promise<Power>])[] = [
  ['the consent page', consent],
  ['the page for the code of a device', device],
  ['"Revoke all"', async () => await accountPage('/account/revoke-all', 'Revoke all')],
  ['"Disconnect GitHub"', async () => await accountPage('/account/disconnect', 'Disconnect GitHub')],
];

/** The middle of what a click could be aimed at. */
async function middleOf(
  tab: Page,
  what: 'button' | 'box',
  button: string,
): Promise<{ x: number; y: number }> {
  const target =
    what === 'box' ? tab.locator('input[name=confirm]') : tab.getByRole('button', { name: button });
  await target.first().scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await target.first().boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  return { x: x + width / 2, y: y + height / 2 };
}

/** A key as it is when it stays down: pressed long ago, repeated, let go of. */
async function hold(tab: Page, key: string): Promise<void> {
  for (let repeat = 0; repeat < 30; repeat += 1) await tab.keyboard.down(key);
  await tab.keyboard.up(key);
}

/** Tells from now on whether the page of a tab has sent its form, before any answer could have come. */
async function watchForm(tab: Page): Promise<() => Promise<boolean>> {
  let isSent = false;
  tab.on('console', (message) => {
    if (message.text() === 'form sent') isSent = true;
  });
  await tab.evaluate(`document.addEventListener('submit', () => console.log('form sent'))`);
  return async () => {
    await tab.evaluate('document.readyState').catch(() => undefined);
    return isSent;
  };
}

describe.each(POWERS)('S4: %s', (_name, ask) => {
  it('has its box unticked, nothing focused, and a button’s height between box and buttons', async () => {
    const { open } = await ask();
    await open(page);
    expect(await page.locator('input[name=confirm]').isChecked()).toBe(false);
    expect(await page.evaluate<string>('document.activeElement.tagName')).toBe('BODY');
    const label = await page.locator('label.confirm').boundingBox();
    const buttons = await page.locator('form:has(input[name=confirm]) button').all();
    expect(buttons.length).toBeGreaterThan(0);
    for (const button of buttons) {
      const box = await button.boundingBox();
      if (label === null || box === null) throw new Error('the page shows no box or no button');
      expect(box.y - (label.y + label.height)).toBeGreaterThanOrEqual(box.height);
    }
  });

  it.each([2, 3, 6])('gives and ends nothing by %i clicks at one place', async (clickCount) => {
    const { open, button, isDone } = await ask();
    await open(page);
    for (const what of ['button', 'box'] as const) {
      const { x, y } = await middleOf(page, what, button);
      const isSent = await watchForm(page);
      await page.mouse.click(x, y, { clickCount });
      expect(await isSent()).toBe(false);
      await open(page);
    }
    expect(await isDone()).toBe(false);
  });

  it('gives and ends nothing by a key that is held down', async () => {
    const { open, isDone } = await ask();
    for (const before of [[], ['Tab'], ['Tab', 'Tab']]) {
      for (const key of ['Enter', 'Space']) {
        await open(page);
        for (const each of before) await page.keyboard.press(each);
        const isSent = await watchForm(page);
        await hold(page, key);
        expect(await isSent()).toBe(false);
      }
    }
    expect(await isDone()).toBe(false);
  });

  it('loaded behind another window gives nothing to the rest of a double click on that one', async () => {
    const { open, button, isDone } = await ask();
    await open(page);
    const { x, y } = await middleOf(page, 'button', button);
    const isSent = await watchForm(page);
    const front = await context.newPage();
    await front.setContent('<body style="height:100vh">Double-click here</body>');
    await front.bringToFront();
    await front.mouse.move(x, y);
    await front.mouse.down();
    await front.close();
    await page.bringToFront();
    await page.mouse.click(x, y);
    await page.mouse.click(x, y, { clickCount: 2 });
    expect(await isSent()).toBe(false);
    expect(await isDone()).toBe(false);
  });

  it('does it for a person who ticks the box and presses the button', async () => {
    const { open, button, isDone } = await ask();
    await open(page);
    await tick(page);
    await press(page, button);
    await expect.poll(isDone).toBe(true);
  });

  it('comes unticked when it is loaded again', async () => {
    const { open } = await ask();
    await open(page);
    await tick(page);
    await page.reload();
    expect(await page.locator('input[name=confirm]').isChecked()).toBe(false);
  });
});

describe('S4: DoubleClickjacking', () => {
  it('gives a stranger’s client nothing, though the person signed in a moment ago with these scopes', async () => {
    const scope = 'repo read:user read:org';
    const { clientId } = await registerClient(place.publicUrl, { redirect_uris: [place.client.redirectUri] });
    const tab = await context.newPage();
    // Tall enough to show the button without scrolling: both windows have it at the same place.
    for (const each of [tab, page]) await each.setViewportSize({ width: 1280, height: 1600 });
    await openConsent(tab, place, { scope });
    await finish(tab, place, 'octocat');
    const arrivals = place.client.arrivals.length;
    const request = await openConsent(tab, place, { scope, client_id: clientId });
    const { x, y } = await middleOf(tab, 'button', 'Continue');
    await tab.close();
    await context.route('http://attacker.test/**', async (route) => {
      const isTop = route.request().url().endsWith('/top');
      const script = isTop
        ? `opener.location = ${JSON.stringify(request.url)}; onmousedown = () => close()`
        : `onclick = () => open('/top', 'top', 'width=400,height=400')`;
      await route.fulfill({
        contentType: 'text/html',
        body: `<body style="height:100vh"><script>${script}</script>`,
      });
    });
    await page.goto('http://attacker.test/');
    const opened = context.waitForEvent('page');
    await page.mouse.click(10, 10);
    const top = await opened;
    await page.waitForURL('**/interaction/*');
    const isSent = await watchForm(page);
    const isClosed = top.waitForEvent('close');
    await top.mouse.move(x, y);
    // The window may be gone before the press is acknowledged; that it went is awaited.
    await top.mouse.down().catch(() => undefined);
    await isClosed;
    await page.mouse.click(x, y);
    await page.mouse.dblclick(x, y);
    expect(await isSent()).toBe(false);
    expect(place.client.arrivals).toHaveLength(arrivals);
    expect(new URL(page.url()).pathname).toMatch(/^\/interaction\//);
    // The same page is good for a person who means it.
    await tick(page);
    await press(page, 'Continue');
    expect((await atClient(page, place)).get('state')).toBe(request.state);
  });
});
