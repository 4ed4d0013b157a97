import type { BrowserContext, Page } from 'playwright-core';
import type { AuthorizationRequest, Tokens } from '../support/oauth-client.ts';
import { authorizationRequest, callTool, postForm, redemption } from '../support/oauth-client.ts';
import type { Place } from './place.ts';

/** Opens the consent page of a new authorization request in a tab. */
export async function openConsent(
  page: Page,
  place: Place,
  parameters: Record<string, string | undefined> = {},
): Promise<AuthorizationRequest> {
  const request = authorizationRequest(place.publicUrl, place.client, parameters);
  await page.goto(request.url);
  return request;
}

export async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
}

/** Ticks the box without which a page gives or ends nothing. */
export async function tick(page: Page): Promise<void> {
  await page.locator('input[name=confirm]').check();
}

/** Ticks the box of a page and presses its button. */
export async function confirmAndPress(page: Page, name: string): Promise<void> {
  await tick(page);
  await press(page, name);
}

/** Waits until the tab shows a text, whatever its line breaks and markup. @throws when it does not come */
export async function waitForText(page: Page, text: string): Promise<void> {
  await page.locator('body').filter({ hasText: text }).waitFor();
}

/** Waits until the tab shows the client's own page and answers what the redirect carried. */
export async function atClient(page: Page, place: Place): Promise<URLSearchParams> {
  await page.waitForURL((url) => url.href.startsWith(`${place.client.redirectUri}?`));
  return new URL(page.url()).searchParams;
}

/** From a consent page through GitHub to the client, as `login`. */
export async function finish(page: Page, place: Place, login: string): Promise<URLSearchParams> {
  await confirmAndPress(page, 'Continue');
  await press(page, login);
  return await atClient(page, place);
}

/** Signs `login` in, in a new tab that is closed afterwards: what stays is the browser's session. */
export async function signInBefore(context: BrowserContext, place: Place, login: string): Promise<void> {
  const page = await context.newPage();
  await openConsent(page, place);
  await finish(page, place, login);
  await page.close();
}

/** The GitHub login for which the client's code is good: redeems it and asks a worker. */
export async function whoIs(
  place: Place,
  request: AuthorizationRequest,
  answer: URLSearchParams,
): Promise<string> {
  const form = redemption(place.client, {
    code: answer.get('code') ?? '',
    codeVerifier: request.codeVerifier,
  });
  const tokens = (await (await postForm(`${place.publicUrl}/token`, form)).json()) as Tokens;
  const text = await (await callTool(place.mcpUrl, tokens.access_token)).text();
  return /octocat|hubot/.exec(text)?.[0] ?? text;
}
