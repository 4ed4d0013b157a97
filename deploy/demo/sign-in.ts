import { randomUUID } from 'node:crypto';
import { openBrowser } from './browser.ts';
import type { Browser, Page } from './browser.ts';

/** Nothing listens there: the browser stops in front of it, as it would hand over to a client. */
const REDIRECT_URL = 'http://127.0.0.1:33418/callback';

const MAX_PAGES = 20;

export interface SignInOptions {
  readonly clientName: string;
  /** The account to choose at the simulated GitHub. */
  readonly login: string;
}

/**
 * Goes from an authorization request to the redirect back to the client, with what a person would press on the way:
 * Continue on the gateway's page, the account's name on GitHub's.
 * @throws when a page is neither, or has nothing to press
 */
async function walkThroughSignIn(start: URL, login: string, browser: Browser = openBrowser()): Promise<URL> {
  let page: Page = await browser.get(start.href);
  for (let count = 0; count < MAX_PAGES; count += 1) {
    if (page.location?.startsWith(REDIRECT_URL) === true) return new URL(page.location);
    if (page.location !== undefined) page = await browser.get(page.location);
    else page = await browser.submit(page, buttonOn(page, login));
  }
  throw new Error(`the sign-in did not end after ${MAX_PAGES} pages, last ${page.url}`);
}

function buttonOn(page: Page, login: string) {
  const buttons = [
    { name: 'decision', value: 'allow' },
    { name: 'user_login', value: login },
  ];
  const found = buttons.find(({ name, value }) => hasButton(page, name, value));
  if (page.status !== 200 || found === undefined) {
    throw new Error(`${new URL(page.url).pathname} answered ${page.status} without a button to go on`);
  }
  return { [found.name]: found.value };
}

function hasButton({ text }: Page, name: string, value: string): boolean {
  return [...text.matchAll(/<button\b[^>]*>/gi)].some(
    ([tag]) => tag.includes(`name="${name}"`) && tag.includes(`value="${value}"`),
  );
}

/**
 * What both SDKs call to store and find things during a sign-in; kept in memory for one run. It registers as a public
 * client, since a program on a person's machine can keep no secret (RFC 8252 §8.4).
 */
export function createOAuthSession<Information, Tokens, Discovery>({ clientName, login }: SignInOptions) {
  const state = randomUUID();
  let information: Information | undefined;
  let tokens: Tokens | undefined;
  let verifier = '';
  let discovery: Discovery | undefined;
  let callback: URL | undefined;
  return {
    redirectUrl: REDIRECT_URL,
    clientMetadata: {
      client_name: clientName,
      redirect_uris: [REDIRECT_URL],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    state: () => state,
    clientInformation: () => information,
    saveClientInformation: (registered: Information) => {
      information = registered;
    },
    tokens: () => tokens,
    saveTokens: (issued: Tokens) => {
      tokens = issued;
    },
    saveCodeVerifier: (text: string) => {
      verifier = text;
    },
    codeVerifier: () => verifier,
    saveDiscoveryState: (found: Discovery) => {
      discovery = found;
    },
    discoveryState: () => discovery,
    redirectToAuthorization: async (url: URL) => {
      callback = await walkThroughSignIn(url, login);
    },
    /** Parameters of the redirect back. @throws when there was none, or `state` is not ours (RFC 6749 §10.12) */
    callbackParameters: (): URLSearchParams => {
      if (callback === undefined) throw new Error('the client was not sent to the authorization endpoint');
      const parameters = callback.searchParams;
      if (parameters.get('state') !== state) throw new Error('the redirect back carries another state');
      return parameters;
    },
  };
}
