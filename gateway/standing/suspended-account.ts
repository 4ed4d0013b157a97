import type { Clock } from '../../shared/clock.ts';
import type { EventBus } from '../../shared/ops/index.ts';
import { endEach, liveGrantsByCredential } from '../grants/index.ts';
import type { Grants } from '../grants/index.ts';
import type { KnownStandings } from './known-standing.ts';
import type { EndHolders } from './end-holders.ts';

/**
 * Ends every grant of an account that GitHub itself, asked with a token of that account who it belongs to, called
 * suspended. It concerns the account, so no other credential of it is asked about.
 */
export type EndSuspended = (sub: string) => Promise<void>;

export function createEndSuspended(deps: {
  readonly grants: Grants;
  readonly known: KnownStandings;
  readonly endHolders: EndHolders;
  readonly clock: Clock;
  readonly events: EventBus;
}): EndSuspended {
  return async (sub) => {
    deps.events.emit({ type: 'membership.denied', accountId: sub, reason: 'suspended' });
    await deps.known.forget(sub);
    for (const { handle, grantIds } of await liveGrantsByCredential(deps, sub)) {
      const [first, ...rest] = grantIds;
      await deps.endHolders(handle, first, 'revoked_at_github');
      await endEach(rest, async (grantId) => {
        await deps.grants.end(grantId, 'revoked_at_github');
      });
    }
  };
}
