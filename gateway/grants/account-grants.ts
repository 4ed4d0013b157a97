import type { Clock } from '../../shared/clock.ts';
import type { Records, Store } from '../../shared/store/index.ts';
import { keys, RecordRefusedError, sweepDue } from '../../shared/store/index.ts';
import type { Grant } from './grant.ts';
import { expiryReason, isLive } from './grant.ts';
import type { GrantEndings } from './grant-endings.ts';
import { TOMBSTONE_MS } from './grant-endings.ts';

/**
 * Grants of one account that are remembered, live and ended. One more forgets the one that would be forgotten next,
 * which ends it if it is live: nothing can be live and not listed.
 */
export const MAX_REMEMBERED_GRANTS = 5_000;
/** Records read or index entries removed at once; also how many sign-ins of one person may pass the count together. */
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
  readonly endings: Pick<GrantEndings, 'end' | 'finish'>;
  /** A grant whose record is refused: altered, or its MAC key left the ring. */
  readonly onFault: (error: unknown) => void;
}

/**
 * The indexes over grants: by account, and by when time may have ended them. What they name is read and checked.
 * An account's grants stand there by when they are forgotten: a live one TOMBSTONE_MS after it must end, an ended one
 * TOMBSTONE_MS after it did, so that the live ones come last.
 */
export function createAccountGrants(deps: AccountGrantDeps) {
  const { store, clock, githubHost, records } = deps;
  const { end, finish } = deps.endings;
  const indexOf = (sub: string) => keys.accountGrants(githubHost, sub);
  const { listOf, liveOf } = createListing(deps);

  /** Forgets what is over, and what there is no room for. */
  const trim = async (sub: string) => {
    const index = indexOf(sub);
    for (const old of await store.membersUntil(index, clock.now(), BATCH))
      await store.removeMember(index, old);
    const tooMany = (await store.countMembers(index)) - MAX_REMEMBERED_GRANTS + 1;
    if (tooMany <= 0) return;
    for (const grantId of await store.membersUntil(index, Number.MAX_SAFE_INTEGER, tooMany)) {
      await end(grantId, 'too_many_grants');
      await store.removeMember(index, grantId);
    }
  };

  /** Looks at one grant whose time has come; false when it was used since and is to be looked at again. */
  const settle = async (grantId: string, now: number): Promise<boolean> => {
    const found = await records.read(keys.grant(grantId));
    if (found === undefined) return true;
    if (isLive(found.data, now)) {
      await store.addMember(
        keys.grantsDue(githubHost),
        grantId,
        Math.min(found.data.idleEndsAt, found.data.endsAt),
      );
      return false;
    }
    if (found.data.ended === null) await end(grantId, expiryReason(found.data, now));
    else await finish(grantId, found.data);
    return true;
  };

  return {
    listOf,
    /** Enters a grant that is about to be written. */
    enter: async (grantId: string, { sub, endsAt, idleEndsAt }: Grant) => {
      await trim(sub);
      await store.addMember(indexOf(sub), grantId, endsAt + TOMBSTONE_MS);
      await store.addMember(keys.grantsDue(githubHost), grantId, idleEndsAt);
    },
    /** Makes room for one more. Counted without a lock: two sign-ins at once may leave one too many. */
    makeRoom: async ({ sub, clientId }: Pick<Grant, 'sub' | 'clientId'>, most: number) => {
      const live = (await liveOf(sub)).filter(({ grant }) => grant.clientId === clientId);
      const byUse = live.toSorted((left, right) => lastUse(left.grant) - lastUse(right.grant));
      for (const { grantId } of byUse.slice(0, Math.max(0, live.length - most + 1))) {
        await end(grantId, 'too_many_grants');
      }
    },
    /** Ends what time has ended, with its reason, so that its GitHub token goes as well; finishes ends that were not. */
    sweep: async () => {
      const now = clock.now();
      await sweepDue({ store, due: keys.grantsDue(githubHost), now, most: BATCH }, async (grantId) => {
        if (await settle(grantId, now)) await store.removeMember(keys.grantsDue(githubHost), grantId);
      });
    },
  };
}

/** What is read of an account's index. */
function createListing({ store, clock, githubHost, records, onFault }: AccountGrantDeps) {
  const membersUntil = async (sub: string, until: number) =>
    await store.membersUntil(keys.accountGrants(githubHost, sub), until, MAX_REMEMBERED_GRANTS + BATCH);

  // A record that is refused opens nothing, here as at every other reader, so the others are listed without it.
  const readOne = async (grantId: string): Promise<Grant | undefined> => {
    try {
      return (await records.read(keys.grant(grantId)))?.data;
    } catch (error) {
      if (!(error instanceof RecordRefusedError)) throw error;
      onFault(error);
      return undefined;
    }
  };

  const readAll = async (sub: string, ids: readonly string[]): Promise<readonly ListedGrant[]> => {
    const listed: ListedGrant[] = [];
    for (let from = 0; from < ids.length; from += BATCH) {
      const found = await Promise.all(
        ids.slice(from, from + BATCH).map(async (grantId) => ({ grantId, grant: await readOne(grantId) })),
      );
      for (const { grantId, grant } of found) if (grant?.sub === sub) listed.push({ grantId, grant });
    }
    return listed;
  };

  /** All that are remembered, the newest first. */
  const listOf = async (sub: string): Promise<readonly ListedGrant[]> => {
    const listed = await readAll(sub, await membersUntil(sub, Number.MAX_SAFE_INTEGER));
    return listed.toSorted((left, right) => right.grant.createdAt - left.grant.createdAt);
  };

  /** Without a look at those that stand in the index as ended. */
  const liveOf = async (sub: string): Promise<readonly ListedGrant[]> => {
    const now = clock.now();
    const ended = new Set(await membersUntil(sub, now + TOMBSTONE_MS));
    const others = (await membersUntil(sub, Number.MAX_SAFE_INTEGER)).filter((id) => !ended.has(id));
    return (await readAll(sub, others)).filter(({ grant }) => isLive(grant, now));
  };
  return { listOf, liveOf };
}

function lastUse(grant: Grant): number {
  return grant.usedAt ?? grant.createdAt;
}
