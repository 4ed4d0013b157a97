import type { Grant } from '../../grants/index.ts';
import { Refused } from '../../grants/index.ts';

/**
 * A code opens the one grant that was made with it, once: a code that points to another client's grant, or to one in use,
 * was not made by a sign-in.
 * @throws Refused
 */
export function requireOwnNewGrant(
  grant: Pick<Grant, 'clientId' | 'usedAt'>,
  clientId: string | undefined,
): void {
  if (grant.clientId !== clientId) throw new Refused('grant_of_another_client');
  if (grant.usedAt !== null) throw new Refused('grant_opened_before');
}
