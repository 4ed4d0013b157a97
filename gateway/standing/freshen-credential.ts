import type { Clock } from '../../shared/clock.ts';
import type { RevocationPublisher } from '../../shared/revocation/index.ts';
import type { CredentialRefresh, CredentialStanding, CredentialVault } from '../credentials/index.ts';
import type { Grants } from '../grants/index.ts';
import { Refused, Unavailable } from '../grants/index.ts';
import { endHolders } from './end-holders.ts';

/** Makes sure that a grant's credential outlives a token issued now, and answers how it stands. */
export type CredentialFreshener = (handle: string, grantId: string) => Promise<CredentialStanding>;

export interface FreshenDeps {
  readonly vault: CredentialVault;
  readonly grants: Grants;
  readonly refresh: CredentialRefresh;
  readonly clock: Clock;
  readonly revocations: Pick<RevocationPublisher, 'publish'>;
  /** Life of an access token and the longest call made with it (ms). */
  readonly neededMs: number;
}

/**
 * A JWT is issued only against a credential that outlives it: GitHub is asked for new tokens first. GitHub away, the
 * JWT is shortened to what is left; nothing left is 503. Only GitHub's own word that the refresh token is no good
 * ends grants: a wrong client secret or an outage must not sign everybody out.
 */
export function createCredentialFreshener(deps: FreshenDeps): CredentialFreshener {
  return async (handle, grantId) => {
    const standing = await describe(deps, handle, grantId);
    if (outlives(standing, deps.clock.now() + deps.neededMs)) return standing;
    const outcome = await deps.refresh(handle, standing.version);
    if (outcome === 'dead')
      await endHolders(deps, { handle, version: standing.version, reason: 'credential_gone' });
    const after = await describe(deps, handle, grantId);
    if (outlives(after, deps.clock.now() + 1000)) return after;
    if (outcome === 'kept')
      throw new Unavailable('github', 'the GitHub token ran out and GitHub could not be asked');
    await deps.grants.end(grantId, 'credential_gone');
    throw new Refused('credential_gone', { grantId, ended: 'credential_gone' });
  };
}

async function describe(deps: FreshenDeps, handle: string, grantId: string): Promise<CredentialStanding> {
  const standing = await deps.vault.describe(handle, grantId);
  if (standing?.state === 'live') return standing;
  await deps.grants.end(grantId, 'credential_gone');
  throw new Refused('credential_gone', { grantId, ended: 'credential_gone' });
}

function outlives(standing: CredentialStanding, until: number): boolean {
  return standing.accessTokenExpiresAt === null || standing.accessTokenExpiresAt >= until;
}
