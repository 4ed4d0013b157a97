import type { Browser } from '../../deploy/demo/browser.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import type { SignInPlace } from './oauth-client.ts';
import { REDIRECT_URI } from './oauth-client.ts';

/** What both SDKs ask of an OAuth client provider, in memory, for one person in one browser. */
export interface SdkSession<Information, Tokens> {
  readonly redirectUrl: string;
  readonly clientMetadata: { client_name: string; redirect_uris: string[] };
  clientInformation(): Information | undefined;
  saveClientInformation(information: Information): void;
  tokens(): Tokens | undefined;
  saveTokens(tokens: Tokens): void;
  redirectToAuthorization(url: URL): void;
  saveCodeVerifier(verifier: string): void;
  codeVerifier(): string;
}

/** A session, and the person who answers the pages its client opens. */
export interface SdkSignIn<Information, Tokens> {
  readonly session: SdkSession<Information, Tokens>;
  /** Where the client sent the browser last. */
  authorizationUrl(): URL;
  /** Consents and signs in; answers the parameters of the redirect back to the client. */
  approve(place: SignInPlace, login: string): Promise<URLSearchParams>;
}

export function createSdkSignIn<Information, Tokens>(
  clientName: string,
  browser: Browser = openBrowser(),
): SdkSignIn<Information, Tokens> {
  let information: Information | undefined;
  let tokens: Tokens | undefined;
  let verifier = '';
  let opened: URL | undefined;
  const authorizationUrl = () => {
    if (opened === undefined) throw new Error('the client opened no browser');
    return opened;
  };
  return {
    session: {
      redirectUrl: REDIRECT_URI,
      clientMetadata: { client_name: clientName, redirect_uris: [REDIRECT_URI] },
      clientInformation: () => information,
      saveClientInformation: (saved) => (information = saved),
      tokens: () => tokens,
      saveTokens: (saved) => (tokens = saved),
      redirectToAuthorization: (url) => (opened = url),
      saveCodeVerifier: (saved) => (verifier = saved),
      codeVerifier: () => verifier,
    },
    authorizationUrl,
    approve: async (place, login) => {
      place.github.autoApprove({ login });
      const consent = await browser.follow(await browser.get(authorizationUrl().href));
      const answered = await browser.submit(consent, { decision: 'allow' });
      const back = await browser.follow(answered, (location) => location.startsWith(REDIRECT_URI));
      return new URL(back.location ?? 'about:blank').searchParams;
    },
  };
}
