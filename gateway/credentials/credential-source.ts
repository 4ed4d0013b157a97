import type { Clock } from '../../shared/clock.ts';
import type { GitHubOAuthClient } from '../../shared/github/index.ts';
import type { CredentialHold, UpstreamToken } from '../../shared/vault/index.ts';
import type { CredentialVault } from './credential-vault.ts';
import type { Retirements } from './retirements.ts';

/** A token that GitHub has just issued, and what it is good for. */
export interface IssuedCredential {
  /** What GitHub granted. */
  readonly scopes: readonly string[];
  readonly token: UpstreamToken;
}

/**
 * Where the GitHub token of a grant comes from: one that was just issued, or one that other grants of the person stand on.
 * How the person proved who they are is not asked here.
 */
export interface CredentialSource {
  /**
   * Keeps a token and lets the grant hold it. When that fails the token is deleted at GitHub, unless other grants may stand
   * on it already.
   */
  keep(sub: string, issued: IssuedCredential, hold: CredentialHold): Promise<{ handle: string }>;
  /** Lets the grant hold the live token with exactly these scopes; undefined when there is none. */
  share(
    sub: string,
    scopes: readonly string[],
    hold: CredentialHold,
  ): Promise<{ handle: string } | undefined>;
  /** Lets go: the token stays as long as another grant of the person stands on it. */
  readonly release: (handle: string, grantId: string) => Promise<void>;
  /** Ends a token that nothing will hold: now, or later when that fails. Never rejects. */
  readonly discard: (token: Pick<UpstreamToken, 'accessToken'>) => Promise<void>;
}

export interface CredentialSourceDeps {
  readonly vault: Pick<CredentialVault, 'acquire' | 'share' | 'release' | 'withdraw'>;
  readonly githubHost: string;
  /** The GitHub app's client id: credentials of different apps are never mixed. */
  readonly app: string;
  readonly oauth: Pick<GitHubOAuthClient, 'deleteToken'>;
  readonly retirements: Pick<Retirements, 'add'>;
  readonly clock: Clock;
  readonly onFault: (error: unknown) => void;
}

export function createCredentialSource(deps: CredentialSourceDeps): CredentialSource {
  const { vault, githubHost, app, oauth, retirements, clock } = deps;
  const discard: CredentialSource['discard'] = async ({ accessToken }) => {
    try {
      await oauth.deleteToken(accessToken);
    } catch {
      // GitHub away: the sweep goes on. The store away as well: GitHub ends the token after a year, and the fault is told.
      await retirements.add(accessToken, clock.now()).catch(deps.onFault);
    }
  };
  return {
    discard,
    release: vault.release,
    share: async (sub, scopes, hold) => await vault.share({ githubHost, sub, app, scopes }, hold),
    keep: async (sub, { scopes, token }, hold) => {
      const credential = { githubHost, sub, app, scopes };
      try {
        return await vault.acquire(credential, token, hold);
      } catch (error) {
        // It may be kept all the same, for other grants of the person too: only one that nothing holds is deleted. While
        // the store does not say which, it stays: GitHub ends it after a year without use.
        const isHeld = await vault.withdraw(credential, hold.grantId).catch(() => undefined);
        if (isHeld === false) await discard(token);
        throw error;
      }
    },
  };
}
