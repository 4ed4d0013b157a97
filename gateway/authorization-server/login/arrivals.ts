import { z } from 'zod';
import type { Clock } from '../../../shared/clock.ts';
import type { RecordFamily, Store } from '../../../shared/store/index.ts';
import { createRecords, keys, sweepDue } from '../../../shared/store/index.ts';
import type { CredentialVault } from '../../credentials/index.ts';
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

/** Clocks of gateways differ: none sweeps away what another still lets the person decide about (ms). */
const CLOCK_DIFFERENCE_MS = 60_000;
/** How long one that nobody decided about waits for the sweep; its grant to be holds the credential for longer (ms). */
const KEPT_MS = 12 * 60 * 60_000;
const BATCH = 50;

/** Arrivals that wait for a second decision because GitHub returned another account than the page had named. */
export interface Arrivals {
  save(uid: string, arrival: Arrival): Promise<void>;
  read(uid: string): Promise<Arrival | undefined>;
  take(uid: string): Promise<Arrival | undefined>;
  /** Lets go of the credentials of those that nobody decided about: a page that was closed keeps no GitHub token alive. */
  sweep(vault: Pick<CredentialVault, 'release'>): Promise<void>;
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
  const due = keys.arrivalsDue();
  const read = async (uid: string) => {
    const found = await records.read(keys.loginArrival(uid));
    const isOver = (found?.expiresAt ?? 0) - KEPT_MS <= deps.clock.now();
    return found === undefined || isOver ? undefined : open(uid, found.data);
  };
  return {
    save: async (uid, arrival) => {
      const data = { ...arrival, handle: seal(gatewayRing, context(uid), arrival.handle) };
      const until = deps.clock.now() + TRANSACTION_TTL_MS;
      await store.addMember(due, uid, until + CLOCK_DIFFERENCE_MS);
      await store.commit([records.put(keys.loginArrival(uid), data, { expiresAt: until + KEPT_MS })]);
    },
    read,
    take: async (uid) => {
      if ((await read(uid)) === undefined) return undefined;
      const taken = await records.take(keys.loginArrival(uid));
      await store.removeMember(due, uid);
      return taken && open(uid, taken.data);
    },
    sweep: async (vault) => {
      await sweepDue({ store, due, now: deps.clock.now(), most: BATCH }, async (uid) => {
        const found = await records.read(keys.loginArrival(uid));
        if (found !== undefined) {
          const { handle, grantId } = open(uid, found.data);
          await vault.release(handle, grantId);
          await store.commit([{ op: 'delete', key: keys.loginArrival(uid) }]);
        }
        await store.removeMember(due, uid);
      });
    },
  };
}
