import type { Clock } from '../../shared/clock.ts';
import type { GitHubOAuthClient } from '../../shared/github/index.ts';
import { GitHubOAuthError } from '../../shared/github/index.ts';
import type { Store } from '../../shared/store/index.ts';
import type { RevocationPublisher } from '../../shared/revocation/index.ts';
import { keys, StoreUnavailableError } from '../../shared/store/index.ts';
import type { CredentialReader } from '../../shared/vault/index.ts';
import type { CredentialRefresh, CredentialVault } from '../credentials/index.ts';
import type { Grants } from '../grants/index.ts';
import type { AskGitHub } from './ask-github.ts';
import { endHolders } from './end-holders.ts';
import type { EndSuspended } from './suspended-account.ts';

const BATCH = 50;
const PAUSE_MS = 30_000;

export interface RefusedCredentialsDeps {
  readonly store: Store;
  readonly githubHost: string;
  readonly vault: CredentialVault;
  readonly reader: CredentialReader;
  readonly grants: Grants;
  readonly refresh: CredentialRefresh;
  readonly oauth: Pick<GitHubOAuthClient, 'checkToken'>;
  /** Asks GitHub about the account alone, whatever the operator asks of people. */
  readonly askAccount: AskGitHub;
  readonly endSuspended: EndSuspended;
  readonly clock: Clock;
  readonly revocations: Pick<RevocationPublisher, 'publish'>;
  readonly onFault: (error: unknown) => void;
}

/**
 * Follows up what workers report: GitHub refused the token of a grant (401), or called its account suspended. A worker's
 * word, or one answer, ends nothing; GitHub is asked about the token itself. A dead one is refreshed, and where that
 * cannot be done every grant on it ends: clients are sent to sign in, instead of failing at every call for as long as
 * their grant lasts. With a good one GitHub is asked about the account: a suspension leaves tokens as they are.
 */
export async function followUpRefusals(deps: RefusedCredentialsDeps): Promise<void> {
  const { store, clock } = deps;
  const due = keys.refusedCredentials(deps.githubHost);
  for (const grantId of await store.membersUntil(due, clock.now(), BATCH)) {
    const outcome = await settleRefusal(deps, grantId).catch((error: unknown): RefusalOutcome => {
      if (error instanceof StoreUnavailableError) throw error;
      // One record that cannot be opened must not keep the others waiting.
      deps.onFault(error);
      return 'unknown';
    });
    if (outcome === 'unknown') await store.addMember(due, grantId, clock.now() + PAUSE_MS);
    else await store.removeMember(due, grantId);
  }
}

/**
 * What came of asking GitHub about a token it refused. `alive`: the refusal was a passing one. `renewed`: there is a
 * new token. `ended`: it is dead or its account suspended, and so is every grant on it. `unknown`: GitHub could not be asked; nothing changed.
 */
export type RefusalOutcome = 'alive' | 'renewed' | 'ended' | 'unknown';

/** Follows up one refusal at once. @throws StoreUnavailableError, and what opening a record throws. */
export async function settleRefusal(
  deps: Omit<RefusedCredentialsDeps, 'store' | 'githubHost' | 'clock' | 'onFault'>,
  grantId: string,
): Promise<RefusalOutcome> {
  const grant = await deps.grants.find(grantId);
  if (grant === undefined) return 'ended';
  const handle = deps.grants.handleOf(grantId, grant.data);
  const reading = await deps.reader.read({ handle, minVersion: 0, grantId });
  if (!reading.ok) return 'ended';
  const isActive = await checkToken(deps, reading.accessToken);
  if (isActive === undefined) return 'unknown';
  if (isActive) return await settleAccount(deps, grant.data.sub, reading.accessToken);
  const outcome = await deps.refresh(handle, reading.version);
  if (outcome === 'kept') return 'unknown';
  if (outcome === 'renewed') return 'renewed';
  await endHolders(deps, { handle, version: reading.version, reason: 'credential_gone' });
  return 'ended';
}

/**
 * `GET /user` speaks of the account and of nothing else: a repository, an organization or an installation that is
 * suspended does not show there.
 */
async function settleAccount(
  deps: Pick<RefusedCredentialsDeps, 'askAccount' | 'endSuspended'>,
  sub: string,
  accessToken: string,
): Promise<RefusalOutcome> {
  const { outcome } = await deps.askAccount(accessToken);
  if (outcome === 'undecided') return 'unknown';
  if (outcome !== 'suspended') return 'alive';
  await deps.endSuspended(sub);
  return 'ended';
}

/** Undefined when GitHub could not be asked. */
export async function checkToken(
  { oauth }: { readonly oauth: Pick<GitHubOAuthClient, 'checkToken'> },
  accessToken: string,
): Promise<boolean | undefined> {
  try {
    return (await oauth.checkToken(accessToken)).active;
  } catch (error) {
    if (error instanceof GitHubOAuthError) return undefined;
    throw error;
  }
}
