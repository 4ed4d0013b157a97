import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { AccessTokenClaims } from '../../../shared/access-token/index.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { RecordFamily, Store } from '../../../shared/store/index.ts';
import { createRecords, keys } from '../../../shared/store/index.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import { recordMacKeys } from '../../../shared/vault/index.ts';

/** Longer than a lost answer may be asked for (ms). */
const KEPT_MS = 25 * 60 * 60_000;
/** Receipts that this gateway remembers having written. */
const MAX_REMEMBERED = 10_000;

const family: RecordFamily<{ readonly generation: number }> = {
  schema: 1,
  shape: z.strictObject({ generation: z.int() }),
};

/** Which answers of refreshes reached somebody. */
export interface RefreshReceipts {
  /**
   * Writes down, in the background, that somebody uses an access token: the refresh that it came with was received. What
   * the store does not take is told with the next token; until then a lost answer counts as lost.
   */
  readonly noteUse: (claims: AccessTokenClaims) => void;
  /** Writes down that the refresh token of this generation was shown. */
  note(grantId: string, generation: number): Promise<void>;
  /** The latest generation that somebody has shown or used, -1 when none is known. */
  received(grantId: string): Promise<number>;
}

export function createRefreshReceipts(deps: {
  readonly store: Store;
  readonly gatewayRing: KeyRing;
  readonly clock: Clock;
  readonly onFault: (error: unknown) => void;
}): RefreshReceipts {
  const records = createRecords(deps.store, family, recordMacKeys(deps.gatewayRing));
  const noted = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  const note = async (grantId: string, generation: number) => {
    const data = { generation };
    const options = { expiresAt: deps.clock.now() + KEPT_MS };
    await deps.store.commit([records.put(keys.refreshReceipt(grantId), data, options)]);
  };
  return {
    note,
    noteUse: ({ gid, gen }) => {
      // The first answer of a grant came with its code: nothing was superseded for it.
      if (gen === undefined || gen === 0 || (noted.get(gid) ?? -1) >= gen) return;
      noted.set(gid, gen);
      note(gid, gen).catch((error: unknown) => {
        noted.delete(gid);
        deps.onFault(error);
      });
    },
    received: async (grantId) => (await records.read(keys.refreshReceipt(grantId)))?.data.generation ?? -1,
  };
}
