import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { RecordFamily, Store } from '../store/index.ts';
import { createRecords, keys } from '../store/index.ts';
import type { KeyRing } from './key-ring.ts';
import { recordMacKeys } from './key-ring.ts';
import { seal, unseal } from './seal.ts';

/** A GitHub token nobody stands on any more, until GitHub has deleted it. */
interface Retirement {
  /** Sealed under GATEWAY_KEYS. */
  readonly accessToken: string;
  readonly attempts: number;
  readonly since: number;
}

const retirementFamily: RecordFamily<Retirement> = {
  schema: 1,
  shape: z.strictObject({ accessToken: z.string(), attempts: z.int(), since: z.int() }),
};

/** After this long a token is given up on: GitHub itself ends unused ones (ms). */
const GIVE_UP_MS = 30 * 24 * 60 * 60_000;
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 6 * 60 * 60_000;
const BATCH = 50;

export interface Retirements {
  /** Has a token deleted at GitHub, not before `notBefore` (ms): a call that uses it may still be on its way. */
  add(accessToken: string, notBefore: number): Promise<void>;
  /** Tries what is due; answers how many tokens are gone and how many must wait. */
  sweep(
    deleteToken: (accessToken: string) => Promise<unknown>,
  ): Promise<{ deleted: number; postponed: number }>;
}

/** Tokens waiting to be deleted at GitHub. They survive restarts; a GitHub that is away is asked again later. */
export function createRetirements(deps: { store: Store; gatewayRing: KeyRing; clock: Clock }): Retirements {
  const { store, gatewayRing, clock } = deps;
  const records = createRecords(store, retirementFamily, recordMacKeys(gatewayRing));
  const due = keys.retirementsDue();
  const context = (id: string) => ({ purpose: 'retired-token', salt: '', bind: [keys.retirement(id).text] });

  async function remove(id: string): Promise<void> {
    await store.commit([{ op: 'delete', key: keys.retirement(id) }]);
    await store.removeMember(due, id);
  }

  async function postpone(id: string, retirement: Retirement): Promise<void> {
    const attempts = retirement.attempts + 1;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** retirement.attempts, LONGEST_PAUSE_MS);
    const options = { expiresAt: retirement.since + GIVE_UP_MS };
    await store.commit([records.put(keys.retirement(id), { ...retirement, attempts }, options)]);
    await store.addMember(due, id, clock.now() + pause);
  }

  return {
    add: async (accessToken, notBefore) => {
      const id = createHash('sha256').update(`retired ${accessToken}`).digest('base64url');
      const since = clock.now();
      // The index first: a record without it would never be looked at, an entry without a record is dropped.
      await store.addMember(due, id, notBefore);
      const data = { accessToken: seal(gatewayRing, context(id), accessToken), attempts: 0, since };
      await store.commit([records.put(keys.retirement(id), data, { expiresAt: since + GIVE_UP_MS })]);
    },
    sweep: async (deleteToken) => {
      const outcome = { deleted: 0, postponed: 0 };
      for (const id of await store.membersUntil(due, clock.now(), BATCH)) {
        const found = await records.read(keys.retirement(id));
        if (found === undefined) {
          await store.removeMember(due, id);
          continue;
        }
        try {
          await deleteToken(unseal(gatewayRing, context(id), found.data.accessToken));
          await remove(id);
          outcome.deleted += 1;
        } catch {
          await postpone(id, found.data);
          outcome.postponed += 1;
        }
      }
      return outcome;
    },
  };
}
