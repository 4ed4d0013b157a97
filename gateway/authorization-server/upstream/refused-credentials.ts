import type { Clock } from '../../../shared/clock.ts';
import type { GitHubOAuthClient } from '../../../shared/github/index.ts';
import { GitHubOAuthError } from '../../../shared/github/index.ts';
import type { Store } from '../../../shared/store/index.ts';
import type { RevocationPublisher } from '../../../shared/revocation/index.ts';
import { keys, StoreUnavailableError } from '../../../shared/store/index.ts';
import type { CredentialReader, CredentialVault } from '../../../shared/vault/index.ts';
import type { Grants } from '../grants/grants.ts';
import { endHolders } from './freshen-credential.ts';
import type { CredentialRefresh } from './refresh-credential.ts';

const BATCH = 50;
const PAUSE_MS = 30_000;

export interface RefusedCredentialsDeps {
  readonly store: Store;
  readonly vault: CredentialVault;
  readonly reader: CredentialReader;
  readonly grants: Grants;
  readonly refresh: CredentialRefresh;
  readonly oauth: Pick<GitHubOAuthClient, 'checkToken'>;
  readonly clock: Clock;
  readonly revocations: Pick<RevocationPublisher, 'publish'>;
  readonly onFault: (error: unknown, req: undefined) => void;
}

/**
 * Follows up what workers report: GitHub answered 401 to the token of a grant. A worker's word, or one 401, ends
 * nothing; GitHub is asked about the token itself. A dead one is refreshed, and where that cannot be done every grant
 * on it ends: clients are sent to sign in, instead of failing at every call for as long as their grant lasts.
 */
export async function followUpRefusals(deps: RefusedCredentialsDeps): Promise<void> {
  const { store, clock } = deps;
  const due = keys.refusedCredentials();
  for (const grantId of await store.membersUntil(due, clock.now(), BATCH)) {
    const isSettled = await settle(deps, grantId).catch((error: unknown) => {
      if (error instanceof StoreUnavailableError) throw error;
      // One record that cannot be opened must not keep the others waiting.
      if (!(error instanceof GitHubOAuthError)) deps.onFault(error, undefined);
      return false;
    });
    if (isSettled) await store.removeMember(due, grantId);
    else await store.addMember(due, grantId, clock.now() + PAUSE_MS);
  }
}

/** False when GitHub could not be asked: then the credential stays and the report is looked at again. */
async function settle(deps: RefusedCredentialsDeps, grantId: string): Promise<boolean> {
  const grant = await deps.grants.find(grantId);
  if (grant === undefined) return true;
  const handle = deps.grants.handleOf(grantId, grant.data);
  const reading = await deps.reader.read({ handle, minVersion: 0, grantId });
  if (!reading.ok) return true;
  const { active } = await deps.oauth.checkToken(reading.accessToken);
  if (active) return true;
  const outcome = await deps.refresh(handle, reading.version);
  if (outcome === 'kept') return false;
  if (outcome !== 'renewed') await endHolders(deps, handle, reading.version);
  return true;
}
