import type { Clock } from '../../../shared/clock.ts';
import type { Records, Store } from '../../../shared/store/index.ts';
import { keys } from '../../../shared/store/index.ts';
import type { Grant } from './grant.ts';
import { expiryReason, isLive } from './grant.ts';
import type { GrantEndings } from './grant-endings.ts';
import { TOMBSTONE_MS } from './grant-endings.ts';

/** Grants of one account that are looked at; beyond it the latest to be forgotten are not listed. */
const MAX_LISTED = 1_000;
const BATCH = 100;

/** A grant that is remembered, live or ended. */
export interface ListedGrant {
  readonly grantId: string;
  readonly grant: Grant;
}

interface AccountGrantDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly githubHost: string;
  readonly records: Records<Grant>;
  readonly end: GrantEndings['end'];
}

/** The indexes over grants: by account, and by when time may have ended them. What they name is read and checked. */
export function createAccountGrants({ store, clock, githubHost, records, end }: AccountGrantDeps) {
  const indexOf = (sub: string) => keys.accountGrants(githubHost, sub);

  const listOf = async (sub: string): Promise<readonly ListedGrant[]> => {
    const ids = await store.membersUntil(indexOf(sub), Number.MAX_SAFE_INTEGER, MAX_LISTED);
    const found = await Promise.all(
      ids.map(async (grantId) => ({ grantId, record: await records.read(keys.grant(grantId)) })),
    );
    const listed = found.flatMap(({ grantId, record }) =>
      record?.data.sub === sub ? [{ grantId, grant: record.data }] : [],
    );
    return listed.sort((left, right) => right.grant.createdAt - left.grant.createdAt);
  };

  /** Looks at one grant whose time has come; false when it was used since and is to be looked at again. */
  const settle = async (grantId: string, now: number): Promise<boolean> => {
    const found = await records.read(keys.grant(grantId));
    if (found === undefined) return true;
    if (isLive(found.data, now)) {
      await store.addMember(keys.grantsDue(), grantId, Math.min(found.data.idleEndsAt, found.data.endsAt));
      return false;
    }
    if (found.data.ended === null) await end(grantId, expiryReason(found.data, now));
    return true;
  };

  return {
    listOf,
    /** Enters a grant that is about to be written. */
    enter: async (grantId: string, { sub, endsAt, idleEndsAt }: Grant) => {
      const index = indexOf(sub);
      for (const old of await store.membersUntil(index, clock.now(), BATCH))
        await store.removeMember(index, old);
      await store.addMember(index, grantId, endsAt + TOMBSTONE_MS);
      await store.addMember(keys.grantsDue(), grantId, idleEndsAt);
    },
    /** Makes room for one more. Counted without a lock: two sign-ins at once may leave one too many. */
    makeRoom: async ({ sub, clientId }: Pick<Grant, 'sub' | 'clientId'>, most: number) => {
      const now = clock.now();
      const live = (await listOf(sub)).filter(
        ({ grant }) => grant.clientId === clientId && isLive(grant, now),
      );
      const byUse = live.sort((left, right) => lastUse(left.grant) - lastUse(right.grant));
      for (const { grantId } of byUse.slice(0, Math.max(0, live.length - most + 1))) {
        await end(grantId, 'too_many_grants');
      }
    },
    /** Ends what time has ended, with its reason, so that its GitHub token goes as well. */
    sweep: async () => {
      const now = clock.now();
      for (const grantId of await store.membersUntil(keys.grantsDue(), now, BATCH)) {
        if (await settle(grantId, now)) await store.removeMember(keys.grantsDue(), grantId);
      }
    },
  };
}

function lastUse(grant: Grant): number {
  return grant.usedAt ?? grant.createdAt;
}
