import { z } from 'zod';
import type { RecordFamily, Store, TypedRecord } from '../../../shared/store/index.ts';
import { createRecords, keys } from '../../../shared/store/index.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import { recordMacKeys } from '../../../shared/vault/index.ts';

/** What an authorization code stands for. Times in milliseconds since the epoch. */
export interface CodeRecord {
  readonly clientId: string;
  readonly grantId: string;
  readonly redirectUri: string;
  /** S256. */
  readonly codeChallenge: string;
  readonly resource: string;
  readonly expiresAt: number;
  readonly consumedAt: number | null;
}

const codeFamily: RecordFamily<CodeRecord> = {
  schema: 1,
  readsUndatedMac: true,
  shape: z.strictObject({
    clientId: z.string(),
    grantId: z.string(),
    redirectUri: z.string(),
    codeChallenge: z.string(),
    resource: z.string(),
    expiresAt: z.int(),
    consumedAt: z.int().nullable(),
  }),
};

/** A code stays known this long after its end, so that a replay can be told from a guess (ms). */
const REMEMBERED_MS = 60 * 60_000;

export interface Codes {
  create(code: string, record: Omit<CodeRecord, 'consumedAt'>): Promise<void>;
  find(code: string): Promise<TypedRecord<CodeRecord> | undefined>;
  /** Marks the code used; of any number of concurrent callers exactly one gets true. */
  consume(code: string, found: TypedRecord<CodeRecord>): Promise<boolean>;
}

export function createCodes(deps: { store: Store; gatewayRing: KeyRing; now: () => number }): Codes {
  const { store } = deps;
  const records = createRecords(store, codeFamily, recordMacKeys(deps.gatewayRing));
  return {
    create: async (code, record) => {
      const options = { expiresAt: record.expiresAt + REMEMBERED_MS, expect: 'absent' } as const;
      await store.commit([records.put(keys.code(code), { ...record, consumedAt: null }, options)]);
    },
    find: async (code) => await records.read(keys.code(code)),
    consume: async (code, found) => {
      const options = { expiresAt: found.expiresAt, expect: { version: found.version } };
      return await store.commit([
        records.put(keys.code(code), { ...found.data, consumedAt: deps.now() }, options),
      ]);
    },
  };
}
