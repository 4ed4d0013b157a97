import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../shared/clock.ts';
import type { EventBus } from '../../shared/ops/index.ts';
import type { RevocationPublisher } from '../../shared/revocation/index.ts';
import type { Records, Store } from '../../shared/store/index.ts';
import { keys, StoreUnavailableError } from '../../shared/store/index.ts';
import type { CredentialVault } from '../credentials/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { unseal } from '../../shared/vault/index.ts';
import type { Grant, GrantEnd } from './grant.ts';
import { handleContext } from './grant.ts';

/** How long an ended grant stays readable for its time line (ms). */
export const TOMBSTONE_MS = 30 * 24 * 60 * 60_000;
/** Longer than a failover takes and a replica may be behind (ms). */
const REMEMBERED_MS = 5 * 60_000;
const MAX_REMEMBERED = 10_000;
/** The feed may be back before the connection for records is (ms). */
const REAPPLY_AGAIN_MS = 500;
/** The sweep finishes an end that was begun this long ago: longer than the store may keep its gateway waiting (ms). */
const UNFINISHED_MS = 30_000;

export interface GrantEndings {
  /** Ends the grant, tells all processes and lets go of its credential; a grant that is gone already is fine. */
  readonly end: (grantId: string, reason: GrantEnd) => Promise<void>;
  /** Does once more what follows when a grant has ended; for one that ended and was not finished. */
  finish(grantId: string, ended: Grant): Promise<void>;
  /**
   * Ends what was ended lately once more: a failover may have brought it back, or the store was away halfway. Goes on
   * until the store took all of it, for as long as it is remembered; one that was asked for later takes over.
   */
  readonly reapply: () => Promise<void>;
}

export interface EndingDeps {
  readonly store: Store;
  readonly vault: CredentialVault;
  readonly gatewayRing: KeyRing;
  readonly clock: Clock;
  readonly githubHost: string;
  readonly events: EventBus;
  readonly revocations: Pick<RevocationPublisher, 'publish'>;
}

interface Ending {
  readonly grantId: string;
  readonly reason: GrantEnd;
}

/** What finishing an ending needs, once more after a failover too. */
interface Remembered extends Pick<Grant, 'sub' | 'handle'> {
  readonly reason: GrantEnd;
  readonly at: number;
}

/**
 * How a grant ends: its record first, so that nothing more is issued; then the feed, which stops access tokens and
 * streams; then the credential, which deletes the GitHub token when this was its last holder. The account's index comes
 * last: until then the grant is only remembered for too long. The grant is due for the sweep from before the first of these
 * until after the last: a gateway that dies in between, or a store that goes away, leaves the rest to any gateway.
 */
export function createGrantEndings(deps: EndingDeps, records: Records<Grant>): GrantEndings {
  const recent = new Map<string, Remembered>();
  let reapplication = 0;

  const finish = async (grantId: string, { sub, handle, at }: Omit<Remembered, 'reason'>) => {
    await deps.revocations.publish({ kind: 'grant', id: grantId });
    await deps.vault.release(unseal(deps.gatewayRing, handleContext(grantId), handle), grantId);
    await deps.store.addMember(keys.accountGrants(deps.githubHost, sub), grantId, at + TOMBSTONE_MS);
    await deps.store.removeMember(keys.grantsDue(deps.githubHost), grantId);
  };
  const forgetOld = () => {
    const oldest = deps.clock.now() - REMEMBERED_MS;
    for (const [grantId, { at }] of recent) {
      if (at >= oldest && recent.size <= MAX_REMEMBERED) return;
      recent.delete(grantId);
    }
  };

  /** Takes from `todo` what it has done; false when the store went away. */
  const endAgain = async (todo: Map<string, Remembered>): Promise<boolean> => {
    try {
      for (const [grantId, remembered] of todo) {
        await markEnded(deps, records, { grantId, reason: remembered.reason });
        await finish(grantId, remembered);
        todo.delete(grantId);
      }
      return true;
    } catch (error) {
      if (error instanceof StoreUnavailableError) return false;
      throw error;
    }
  };

  return {
    end: async (grantId, reason) => {
      const ended = await markEnded(deps, records, { grantId, reason });
      if (ended === undefined) return;
      const { sub, handle, clientId } = ended;
      const remembered: Remembered = { sub, handle, reason, at: deps.clock.now() };
      recent.set(grantId, remembered);
      forgetOld();
      deps.events.emit({ type: 'grant.ended', grantId, reason, clientId, accountId: sub });
      await finish(grantId, remembered);
    },
    finish: async (grantId, { sub, handle, ended }) => {
      await finish(grantId, { sub, handle, at: ended?.at ?? deps.clock.now() });
    },
    reapply: async () => {
      const mine = (reapplication += 1);
      const todo = new Map(recent);
      while (!(await endAgain(todo))) {
        await delay(REAPPLY_AGAIN_MS, undefined, { ref: false });
        if (mine !== reapplication) return;
        forgetOld();
        for (const grantId of todo.keys()) if (!recent.has(grantId)) todo.delete(grantId);
      }
    },
  };
}

/** The grant as it was, or undefined when it had ended already. */
async function markEnded(
  { store, clock, githubHost }: EndingDeps,
  records: Records<Grant>,
  { grantId, reason }: Ending,
): Promise<Grant | undefined> {
  for (;;) {
    const found = await records.read(keys.grant(grantId));
    if (found === undefined || found.data.ended !== null) return undefined;
    const now = clock.now();
    await store.addMember(keys.grantsDue(githubHost), grantId, now + UNFINISHED_MS);
    const tombstone: Grant = { ...found.data, refresh: null, ended: { reason, at: now } };
    const options = { expiresAt: now + TOMBSTONE_MS, expect: { version: found.version } };
    const change = records.put(keys.grant(grantId), tombstone, options);
    if (await store.commit([change], { replicated: true })) return found.data;
  }
}
