import type { RevocationPublisher } from '../../shared/revocation/index.ts';
import { credentialDigest } from '../../shared/revocation/index.ts';
import type { CredentialVault } from '../credentials/index.ts';
import { endEach } from '../grants/index.ts';
import type { GrantEnd, Grants } from '../grants/index.ts';

export interface EndHoldersDeps {
  readonly vault: CredentialVault;
  readonly grants: Grants;
  readonly revocations: Pick<RevocationPublisher, 'publish'>;
}

/** Closes the credential that a grant holds, whatever its version now, and ends every grant on it. */
export type EndHolders = (handle: string, grantId: string, reason: GrantEnd) => Promise<void>;

export function createEndHolders(deps: EndHoldersDeps): EndHolders {
  return async (handle, grantId, reason) => {
    const standing = await deps.vault.describe(handle, grantId);
    if (standing !== undefined) await endHolders(deps, { handle, version: standing.version, reason });
    // A grant that holds nothing any more has power left all the same: its refresh token.
    await deps.grants.end(grantId, reason);
  };
}

/** Closes a credential that GitHub no longer honours, and with it every grant that stands on it. */
export async function endHolders(
  deps: EndHoldersDeps,
  of: { readonly handle: string; readonly version: number; readonly reason: GrantEnd },
): Promise<void> {
  // One entry stops them all; ending them one by one, with a reason for each time line, takes longer.
  const { version } = of;
  await deps.revocations.publish({ kind: 'credential', id: credentialDigest(of.handle), version });
  await endEach(await deps.vault.quarantine(of.handle, of.version), async (grantId) => {
    await deps.grants.end(grantId, of.reason);
  });
}
