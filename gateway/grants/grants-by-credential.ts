import type { Clock } from '../../shared/clock.ts';
import { isLive } from './grant.ts';
import type { Grants } from './grants.ts';

/** A credential of an account and the live grants that stand on it. */
export interface HeldCredential {
  readonly sub: string;
  readonly handle: string;
  readonly grantIds: readonly [string, ...string[]];
}

/** The live grants of an account, by the credential they stand on. */
export async function liveGrantsByCredential(
  { grants, clock }: { readonly grants: Grants; readonly clock: Clock },
  sub: string,
): Promise<readonly HeldCredential[]> {
  const now = clock.now();
  const held = new Map<string, HeldCredential>();
  for (const { grantId, grant } of await grants.listOf(sub)) {
    if (!isLive(grant, now)) continue;
    const handle = grants.handleOf(grantId, grant);
    held.set(handle, { sub, handle, grantIds: [grantId, ...(held.get(handle)?.grantIds ?? [])] });
  }
  return [...held.values()];
}
