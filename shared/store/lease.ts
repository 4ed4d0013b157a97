import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Store } from './contract/contract.ts';
import type { Key } from './contract/keys.ts';
import type { RecordFamily } from './records.ts';
import { createRecords } from './records.ts';

const leaseFamily: RecordFamily<{ readonly fence: number; readonly heldUntil: number }> = {
  schema: 1,
  shape: z.strictObject({ fence: z.int(), heldUntil: z.int() }),
};

/** The record outlives the lease, so that the fence keeps rising (ms). */
const REMEMBERED_MS = 24 * 60 * 60_000;

/** The right to do something alone, for a while. */
export interface Lease {
  /** Rises with every acquisition: of two holders the one with the higher fence is the real one. */
  readonly fence: number;
  /** Gives the lease up early; one that ran out or was taken over stays as it is. */
  release(): Promise<void>;
}

/**
 * Takes the lease if nobody holds it; undefined when somebody does, or was faster. It protects against doing work
 * twice, not against a holder that was paused: what the work writes must be compared and set.
 */
export async function acquireLease(
  { store, clock }: { store: Store; clock: Clock },
  key: Key,
  ttlMs: number,
): Promise<Lease | undefined> {
  const records = createRecords(store, leaseFamily);
  const found = await records.read(key);
  const now = clock.now();
  if (found !== undefined && found.data.heldUntil > now) return undefined;
  const fence = (found?.data.fence ?? 0) + 1;
  const write = (heldUntil: number, expect: 'absent' | { version: string }) =>
    records.put(key, { fence, heldUntil }, { expiresAt: now + REMEMBERED_MS, expect });
  const isTaken = await store.commit([
    write(now + ttlMs, found === undefined ? 'absent' : { version: found.version }),
  ]);
  if (!isTaken) return undefined;
  return {
    fence,
    release: async () => {
      const held = await records.read(key);
      if (held?.data.fence === fence) await store.commit([write(0, { version: held.version })]);
    },
  };
}
