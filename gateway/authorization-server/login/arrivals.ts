import { z } from 'zod';
import type { Clock } from '../../../shared/clock.ts';
import type { RecordFamily, Store } from '../../../shared/store/index.ts';
import { createRecords, keys } from '../../../shared/store/index.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import { recordMacKeys, seal, unseal } from '../../../shared/vault/index.ts';
import { TRANSACTION_TTL_MS } from './login-transaction.ts';

/** A person who came back from GitHub and whose grant is not made yet. */
export interface Arrival {
  readonly sub: string;
  readonly login: string;
  /** The grant to be, which already holds the credential. */
  readonly grantId: string;
  readonly handle: string;
  readonly scope: readonly string[];
  readonly shownSub: string | null;
}

const arrivalFamily: RecordFamily<Arrival> = {
  schema: 1,
  shape: z.strictObject({
    sub: z.string(),
    login: z.string(),
    grantId: z.string(),
    handle: z.string(),
    scope: z.array(z.string()),
    shownSub: z.string().nullable(),
  }),
};

/** Arrivals that wait for a second decision because GitHub returned another account than the page had named. */
export interface Arrivals {
  save(uid: string, arrival: Arrival): Promise<void>;
  read(uid: string): Promise<Arrival | undefined>;
  take(uid: string): Promise<Arrival | undefined>;
}

export function createArrivals(deps: { store: Store; gatewayRing: KeyRing; clock: Clock }): Arrivals {
  const { store, gatewayRing } = deps;
  const records = createRecords(store, arrivalFamily, recordMacKeys(gatewayRing));
  const context = (uid: string) => ({
    purpose: 'arrival-handle',
    salt: '',
    bind: [keys.loginArrival(uid).text],
  });
  const open = (uid: string, data: Arrival) => ({
    ...data,
    handle: unseal(gatewayRing, context(uid), data.handle),
  });
  return {
    save: async (uid, arrival) => {
      const data = { ...arrival, handle: seal(gatewayRing, context(uid), arrival.handle) };
      const expiresAt = deps.clock.now() + TRANSACTION_TTL_MS;
      await store.commit([records.put(keys.loginArrival(uid), data, { expiresAt })]);
    },
    read: async (uid) => {
      const found = await records.read(keys.loginArrival(uid));
      return found && open(uid, found.data);
    },
    take: async (uid) => {
      const found = await records.take(keys.loginArrival(uid));
      return found && open(uid, found.data);
    },
  };
}
