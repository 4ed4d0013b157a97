import type { IssuedCredential } from '../../../credentials/index.ts';

/** Who somebody is, as a provider says. */
export interface Identity {
  /** Names the person for good: no provider gives it to somebody else. */
  readonly subject: string;
  /** For display; may be renamed and given to somebody else. */
  readonly login: string;
  /** What providers of companies say as well (OpenID Connect Core §5.1, SAML attributes); GitHub does not. */
  readonly email?: string;
  readonly groups?: readonly string[];
}

/** What a sign-in at a provider brought: who came, and the credential that was issued on the way. */
export interface Proof {
  readonly identity: Identity;
  /** The account at GitHub whose credential it is. */
  readonly account: { readonly id: number; readonly login: string };
  readonly credential: IssuedCredential;
}

/** What came back with the browser. */
export interface Callback {
  readonly parameters: URLSearchParams;
  /** Made when the browser set out. */
  readonly codeVerifier: string;
}

/** A way to prove who one is, by sending the browser somewhere and back. One file per kind. */
export interface IdentityProvider {
  /** Names of what the browser brings back, of which each may come once; the first one carries our state. */
  readonly callbackParameters: readonly [state: string, ...others: string[]];
  /** Where the browser goes. */
  wayOut(request: {
    readonly state: string;
    readonly scopes: readonly string[];
    readonly codeChallenge: string;
    readonly selectAccount: boolean;
    readonly login: string | undefined;
  }): string;
  /** @throws LoginFailure when the provider refused, failed, or says something that cannot be believed. */
  redeem(callback: Callback): Promise<Proof>;
}
