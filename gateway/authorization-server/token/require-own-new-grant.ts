import type { Grant } from '../grants/grant.ts';
import { invalidGrant } from '../protocol-error.ts';

/**
 * A code opens the one grant that was made with it, once: a code that points to another client's grant, or to one in use,
 * was not made by a sign-in.
 * @throws InvalidGrant
 */
export function requireOwnNewGrant(
  grant: Pick<Grant, 'clientId' | 'usedAt'>,
  clientId: string | undefined,
): void {
  if (grant.clientId !== clientId) throw invalidGrant('the grant is of another client');
  if (grant.usedAt !== null) throw invalidGrant('the grant was opened before');
}
