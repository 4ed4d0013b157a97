import type { Clock } from '../../shared/clock.ts';
import type { GitHubOAuthClient } from '../../shared/github/index.ts';
import type { Store } from '../../shared/store/index.ts';
import { keys } from '../../shared/store/index.ts';
import type { CredentialReader } from '../../shared/vault/index.ts';
import { endEach, liveGrantsByCredential } from '../grants/index.ts';
import type { HeldCredential } from '../grants/index.ts';
import type { EndHolders, EndHoldersDeps } from './end-holders.ts';
import type { CredentialRefresh } from '../credentials/index.ts';
import { checkToken } from './refused-credentials.ts';

/** When a token that GitHub still calls good is looked at once more: its own servers may not agree yet (ms). */
const SECOND_LOOK_MS = 30_000;

export interface RevokedAuthorizationDeps extends EndHoldersDeps {
  readonly store: Store;
  readonly githubHost: string;
  readonly clock: Clock;
  readonly reader: CredentialReader;
  readonly refresh: CredentialRefresh;
  readonly oauth: Pick<GitHubOAuthClient, 'checkToken'>;
  readonly endHolders: EndHolders;
  /** The GitHub app's client id. */
  readonly app: string;
}

/**
 * GitHub says that a person took the authorization of our app back: every grant that stands on it ends. Only a token
 * that GitHub itself still calls good spares its grants: the message says neither when it was nor for which token, so
 * an old one that somebody sends again, or one that a new sign-in overtook, must end nothing.
 */
export async function endRevokedAuthorization(deps: RevokedAuthorizationDeps, sub: string): Promise<void> {
  const credentials = await liveGrantsByCredential(deps, sub);
  await Promise.all(credentials.map(async (credential) => await endIfRevoked(deps, credential)));
}

async function endIfRevoked(deps: RevokedAuthorizationDeps, { handle, grantIds }: HeldCredential) {
  const [first, ...rest] = grantIds;
  const standing = await deps.vault.describe(handle, first);
  if (standing !== undefined && standing.app !== deps.app) return;
  if (await isStillGood(deps, handle, first)) {
    await deps.store.addMember(
      keys.refusedCredentials(deps.githubHost),
      first,
      deps.clock.now() + SECOND_LOOK_MS,
    );
    return;
  }
  await deps.endHolders(handle, first, 'revoked_at_github');
  await endEach(rest, async (grantId) => {
    await deps.grants.end(grantId, 'revoked_at_github');
  });
}

/** Whether GitHub says so now; no answer is no. */
async function isStillGood(
  deps: RevokedAuthorizationDeps,
  handle: string,
  grantId: string,
): Promise<boolean> {
  const reading = await deps.reader.read({ handle, minVersion: 0, grantId });
  if (reading.ok) return (await checkToken(deps, reading.accessToken)) === true;
  if (reading.reason !== 'expired') return false;
  const version = (await deps.vault.describe(handle, grantId))?.version;
  return version !== undefined && (await deps.refresh(handle, version)) === 'renewed';
}
