import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { authorizationRequest, postForm, registerClient } from '../support/oauth-client.ts';
import { accessibilityFaults } from './axe.ts';
import type { Look } from './looks.ts';
import { expectGoodLook, LOOKS, wear } from './looks.ts';
import type { Place } from './place.ts';
import { startLoopbackPlace } from './place.ts';
import { useTab } from './use-tab.ts';
import { atClient, confirmAndPress, openConsent, press, signInBefore, waitForText } from './walk.ts';

let place: Place;
let context: BrowserContext;
let page: Page;
useTab(startLoopbackPlace, (tab) => {
  ({ place, context, page } = tab);
});

/** One word without a place to break it. */
const LONG_NAME = 'An-application-whose-name-has-no-blank-anywhere-and-goes-on-and-on';

async function see(name: string, look: Look): Promise<void> {
  await expectGoodLook(page, name, look);
}

describe.each(LOOKS)('on $on by $by, for everybody (WCAG 2.2 AA by axe-core)', (look) => {
  it('the consent page', async () => {
    await wear(page, look);
    await openConsent(page, place);
    await see('consent', look);
    const { clientId } = await registerClient(place.publicUrl, {
      client_name: LONG_NAME,
      redirect_uris: [place.client.redirectUri],
    });
    await openConsent(page, place, { client_id: clientId });
    await see('consent long name', look);
  });

  it('the consent page that asks again because of another account', async () => {
    await wear(page, look);
    await signInBefore(context, place, 'octocat');
    await openConsent(page, place, { prompt: 'login' });
    await see('consent signed in', look);
    await confirmAndPress(page, 'Continue');
    await press(page, 'hubot');
    await waitForText(page, 'Please decide again');
    await see('consent again', look);
  });

  it('the pages that say what went wrong or where to go', async () => {
    await wear(page, look);
    for (const [name, path] of [
      ['error interaction', '/interaction/unknown'],
      ['error callback', '/auth/callback?state=x&code=y'],
      ['error account', '/account/revoke'],
      ['home', '/'],
    ] as const) {
      await page.goto(place.publicUrl + path);
      await see(name, look);
    }
  });

  it('the page of a request that cannot start, with its way back', async () => {
    await wear(page, look);
    const redirectUri =
      'https://an-application-of-somebody.example/a-callback/with-a-long-path-without-blanks';
    const { clientId } = await registerClient(place.publicUrl, {
      client_name: LONG_NAME,
      redirect_uris: [redirectUri],
    });
    const { url } = authorizationRequest(
      place.publicUrl,
      { clientId, redirectUri },
      { response_type: 'token' },
    );
    await page.goto(url);
    expect(await page.content()).toContain('This sign-in could not start');
    await see('return', look);
  });

  it('the pages of the device flow, by keyboard alone', async () => {
    const start = async () => {
      const form = { client_id: place.client.clientId };
      const answer = await postForm(`${place.publicUrl}/device_authorization`, form);
      return (await answer.json()) as { user_code: string; verification_uri_complete: string };
    };
    await wear(page, look);
    await page.goto(`${place.publicUrl}/device`);
    await see('device', look);
    await page.keyboard.press('Tab');
    await page.keyboard.type('bbbb-bbbb');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await waitForText(page, 'No device shows this code');
    await see('device wrong code', look);
    const { user_code: userCode, verification_uri_complete: link } = await start();
    await page.goto(link);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await waitForText(page, userCode);
    await see('device consent', look);
    await confirmAndPress(page, 'Continue');
    await press(page, 'octocat');
    await waitForText(page, 'The device is connected');
    await see('device connected', look);
  });

  it('the account page and what it leads to', async () => {
    const { clientId } = await registerClient(place.publicUrl, {
      client_name: LONG_NAME,
      redirect_uris: [place.client.redirectUri],
    });
    await signInBefore(context, place, 'octocat');
    await openConsent(page, place, { client_id: clientId });
    await confirmAndPress(page, 'Continue');
    await atClient(page, place);
    await wear(page, look);
    await page.goto(`${place.publicUrl}/account`);
    await see('account sign-in', look);
    await press(page, 'Sign in with GitHub');
    await press(page, 'octocat');
    await waitForText(page, 'Signed in as octocat');
    await see('account connected', look);
    await page.getByRole('button', { name: 'Revoke' }).first().click();
    await waitForText(page, 'has to ask you again');
    await see('account revoked', look);
    await page.getByRole('link', { name: 'Revoke all' }).click();
    await see('account confirm revoke all', look);
    await page.goto(`${place.publicUrl}/account/disconnect`);
    await see('account confirm disconnect', look);
    place.github.setFaults([{ match: { host: 'api' }, action: 'status', status: 503 }]);
    await confirmAndPress(page, 'Disconnect GitHub');
    await waitForText(page, 'GitHub could not do its part yet');
    place.github.setFaults([]);
    await see('account disconnected later', look);
    await press(page, 'Sign out');
    await see('account signed out', look);
  });
});

it('is judged by a check that can fail', async () => {
  await page.setContent('<img src="data:,"><p style="color:#999;background:#fff">pale</p>');
  const faults = (await accessibilityFaults(page)).join('\n');
  for (const rule of ['image-alt', 'color-contrast', 'html-has-lang', 'document-title']) {
    expect(faults).toContain(`${rule}:`);
  }
});
