import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Place } from './place.ts';
import { startHttpsPlace, startLoopbackPlace } from './place.ts';
import { useTab } from './use-tab.ts';
import {
  atClient,
  confirmAndPress,
  finish,
  openConsent,
  press,
  signInBefore,
  waitForText,
  whoIs,
} from './walk.ts';

const PLACES = [
  { name: 'on http loopback', start: startLoopbackPlace },
  { name: 'on https through nginx', start: startHttpsPlace },
];

describe.each(PLACES)('a real browser $name', ({ start }) => {
  let place: Place;
  let context: BrowserContext;
  let page: Page;
  useTab(start, (tab) => {
    ({ place, context, page } = tab);
  });

  it('brings a loopback client its code and state, under our content security policy (T13)', async () => {
    const request = await openConsent(page, place);
    const answer = await finish(page, place, 'octocat');
    expect(answer.get('state')).toBe(request.state);
    expect(answer.get('iss')).toBe(place.publicUrl);
    expect(place.client.arrivals.at(-1)?.get('code')).toBe(answer.get('code'));
    expect(await whoIs(place, request, answer)).toBe('octocat');
  });

  it('needs no script anywhere', async () => {
    const plain = await place.chromium.newContext({ javaScriptEnabled: false });
    plain.setDefaultTimeout(15_000);
    const tab = await plain.newPage();
    const request = await openConsent(tab, place);
    const answer = await finish(tab, place, 'hubot');
    expect(await whoIs(place, request, answer)).toBe('hubot');
    await plain.close();
  });

  it.each(['in the order they began', 'in the other order'])(
    '041 finishes two sign-ins of two tabs %s',
    async (order) => {
      const other = await context.newPage();
      const tabs = [
        { tab: page, request: await openConsent(page, place) },
        { tab: other, request: await openConsent(other, place) },
      ];
      for (const { tab } of tabs) await confirmAndPress(tab, 'Continue');
      if (order === 'in the other order') tabs.reverse();
      for (const { tab, request } of tabs) {
        await press(tab, 'octocat');
        const answer = await atClient(tab, place);
        expect(answer.get('state')).toBe(request.state);
        expect(await whoIs(place, request, answer)).toBe('octocat');
      }
    },
  );

  it('tells the client access_denied when the person cancels (RFC 6749 §4.1.2.1)', async () => {
    const request = await openConsent(page, place);
    await press(page, 'Cancel');
    const answer = await atClient(page, place);
    expect(answer.get('error')).toBe('access_denied');
    expect(answer.get('state')).toBe(request.state);
    expect(answer.get('code')).toBeNull();
  });

  it('tells the client access_denied when the person denies at GitHub', async () => {
    await openConsent(page, place);
    await confirmAndPress(page, 'Continue');
    await press(page, 'Deny');
    expect((await atClient(page, place)).get('error')).toBe('access_denied');
  });

  it('lets a person who is signed in use another account', async () => {
    await signInBefore(context, place, 'octocat');
    const request = await openConsent(page, place);
    await waitForText(page, 'octocat');
    await confirmAndPress(page, 'Use another account');
    await waitForText(page, 'Select an account');
    await press(page, 'hubot');
    expect(await whoIs(place, request, await atClient(page, place))).toBe('hubot');
  });

  it('asks again when GitHub returns another account than the page showed, and finishes as that one', async () => {
    await signInBefore(context, place, 'octocat');
    // No credential with these scopes exists yet, so the person has to go to GitHub.
    const request = await openConsent(page, place, { scope: 'read:user read:org' });
    await waitForText(page, 'octocat');
    const arrivals = place.client.arrivals.length;
    await confirmAndPress(page, 'Continue');
    await press(page, 'hubot');
    await waitForText(page, 'You signed in at GitHub as hubot, not as octocat');
    expect(place.client.arrivals).toHaveLength(arrivals);
    await confirmAndPress(page, 'Continue with this account');
    expect(await whoIs(place, request, await atClient(page, place))).toBe('hubot');
  });

  it('goes back from GitHub to the consent page and on again', async () => {
    const request = await openConsent(page, place);
    await confirmAndPress(page, 'Continue');
    await waitForText(page, 'Continue as');
    await page.goBack();
    const answer = await finish(page, place, 'octocat');
    expect(await whoIs(place, request, answer)).toBe('octocat');
  });

  it('goes back from the client to a page that says the sign-in is over', async () => {
    await openConsent(page, place);
    await finish(page, place, 'octocat');
    await page.goBack();
    const response = await page.goBack();
    expect(response?.status()).toBe(400);
    await waitForText(page, 'has expired or was already finished');
  });
});
