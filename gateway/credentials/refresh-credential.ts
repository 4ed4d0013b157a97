import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../shared/clock.ts';
import type { GitHubOAuthClient, GitHubTokenSet } from '../../shared/github/index.ts';
import { GitHubOAuthError } from '../../shared/github/index.ts';
import type { Store } from '../../shared/store/index.ts';
import { acquireLease, keys, StoreUnavailableError } from '../../shared/store/index.ts';
import type { CredentialVault } from './credential-vault.ts';
import type { UpstreamToken } from '../../shared/vault/index.ts';

/** Longer than GitHub may take to answer, so that a lease runs out only when its holder died (ms). */
const LEASE_MS = 15_000;
/** How long another gateway's refresh is waited for before its result is looked at as it is (ms). */
const WAIT_MS = 6_000;
const POLL_MS = 100;
/** How long after GitHub's answer its tokens are written at the latest, unless the store is away (ms). */
const WRITE_MS = 1_500;
/** How long new tokens are held on to while the store does not take them (ms). */
const STORE_PATIENCE_MS = 30_000;

/**
 * What came of asking GitHub for new tokens. `dead`: GitHub says that the refresh token is no good, and nobody
 * else had refreshed in between. `kept`: GitHub could not be asked, or refused us; the credential stays.
 */
export type RefreshOutcome = 'renewed' | 'no_refresh_token' | 'kept' | 'dead';

export interface CredentialRefreshDeps {
  readonly store: Store;
  readonly vault: Pick<CredentialVault, 'readRefreshToken' | 'renew'>;
  readonly oauth: Pick<GitHubOAuthClient, 'refresh' | 'deleteToken'>;
  readonly githubHost: string;
  readonly clock: Clock;
  /** What only the operator can mend: wrong client secret, an answer that makes no sense, a token left alive. */
  readonly onFault: (error: unknown) => void;
}

/**
 * Refreshes GitHub tokens, each by one gateway at a time. GitHub rotates: the old refresh token and the old access
 * token die at once, so a second refresh with the same token would lose the credential. Losers wait and adopt.
 */
export function createCredentialRefresh(deps: CredentialRefreshDeps) {
  const running = new Map<string, Promise<RefreshOutcome>>();
  return async (handle: string, fromVersion: number): Promise<RefreshOutcome> => {
    const key = `${handle} ${String(fromVersion)}`;
    const known =
      running.get(key) ?? refreshOnce(deps, handle, fromVersion).finally(() => running.delete(key));
    running.set(key, known);
    return await known;
  };
}

export type CredentialRefresh = ReturnType<typeof createCredentialRefresh>;

async function refreshOnce(
  deps: CredentialRefreshDeps,
  handle: string,
  fromVersion: number,
): Promise<RefreshOutcome> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const current = await deps.vault.readRefreshToken(handle);
    if (current === undefined) return 'no_refresh_token';
    if (current.version !== fromVersion) return 'renewed';
    const leaseKey = keys.credentialRefreshLease(deps.githubHost, handle);
    const lease = await acquireLease(deps, leaseKey, LEASE_MS);
    if (lease !== undefined) {
      try {
        return await refreshAtGitHub(deps, { handle, fromVersion, refreshToken: current.refreshToken });
      } finally {
        await lease.release().catch(() => undefined);
      }
    }
    if (performance.now() > deadline) return 'kept';
    await delay(POLL_MS);
  }
}

interface RefreshAttempt {
  readonly handle: string;
  readonly fromVersion: number;
  readonly refreshToken: string;
}

async function refreshAtGitHub(
  deps: CredentialRefreshDeps,
  attempt: RefreshAttempt,
): Promise<RefreshOutcome> {
  let tokens: GitHubTokenSet;
  try {
    tokens = await deps.oauth.refresh(attempt.refreshToken);
  } catch (error) {
    if (!(error instanceof GitHubOAuthError)) throw error;
    if (error.code === 'bad_refresh_token') return await judgeBadToken(deps, attempt);
    if (error.disposition !== 'retry') deps.onFault(error);
    return 'kept';
  }
  await storeTokens(deps, attempt, tokens);
  return 'renewed';
}

/**
 * GitHub may have rotated for a gateway that has not written it yet: clocks that differ by more than a lease let two ask
 * at once. Only the stored state decides, and it is given the time of a write.
 */
async function judgeBadToken(deps: CredentialRefreshDeps, attempt: RefreshAttempt): Promise<RefreshOutcome> {
  const deadline = performance.now() + WRITE_MS;
  for (;;) {
    const now = await deps.vault.readRefreshToken(attempt.handle);
    if (now !== undefined && now.version !== attempt.fromVersion) return 'renewed';
    if (now === undefined || performance.now() > deadline) return 'dead';
    await delay(POLL_MS);
  }
}

/**
 * These tokens exist nowhere else: they are held on to until the store takes them. Given up, they would stay alive at
 * GitHub with nobody to end them, so the new access token is deleted there.
 */
async function storeTokens(
  deps: CredentialRefreshDeps,
  attempt: RefreshAttempt,
  tokens: GitHubTokenSet,
): Promise<void> {
  const token: UpstreamToken = {
    accessToken: tokens.accessToken,
    accessTokenExpiresAt: tokens.expiresAt ?? null,
    refreshToken: tokens.refreshToken ?? null,
    refreshTokenExpiresAt: tokens.refreshTokenExpiresAt ?? null,
  };
  const deadline = performance.now() + STORE_PATIENCE_MS;
  for (;;) {
    try {
      await deps.vault.renew(attempt.handle, token, attempt.fromVersion);
      return;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || performance.now() > deadline) {
        await deps.oauth.deleteToken(token.accessToken).catch(deps.onFault);
        throw error;
      }
      await delay(POLL_MS);
    }
  }
}
