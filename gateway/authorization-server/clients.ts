import { z } from 'zod';
import type { AdapterPayload } from 'oidc-provider';
import type { RecordFamily, Records, Store } from '../../shared/store/index.ts';
import { createRecords, keys } from '../../shared/store/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { recordMacKeys } from '../../shared/vault/index.ts';

/** A record that belongs to oidc-provider; the library itself judges its members. */
export const payloadFamily: RecordFamily<AdapterPayload> = {
  schema: 1,
  shape: z.record(z.string(), z.unknown()),
};

/** Registered clients (RFC 7591). */
export interface Clients {
  readonly records: Records<AdapterPayload>;
  /** A client outlives every grant it holds: a client that vanishes earlier strands its users. */
  keepUntil(clientId: string, until: number): Promise<void>;
}

export function createClients(deps: { store: Store; gatewayRing: KeyRing }): Clients {
  const records = createRecords(deps.store, payloadFamily, recordMacKeys(deps.gatewayRing));
  return {
    records,
    keepUntil: async (clientId, until) => {
      const key = keys.client(clientId);
      const found = await records.read(key);
      if (found === undefined || found.expiresAt === null || found.expiresAt >= until) return;
      // Losing to another writer is fine: it extended the record as well.
      await deps.store.commit([
        records.put(key, found.data, { expiresAt: until, expect: { version: found.version } }),
      ]);
    },
  };
}
