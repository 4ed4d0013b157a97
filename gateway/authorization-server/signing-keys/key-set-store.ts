import type { JWK } from 'jose';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { SIGNING_ALGORITHM } from '../../../shared/access-token/index.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { RecordFamily, Store, TypedRecord } from '../../../shared/store/index.ts';
import { createRecords, keys, StoreUnavailableError } from '../../../shared/store/index.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import { recordMacKeys, reseal, seal, unseal } from '../../../shared/vault/index.ts';
import type { KeyTimes } from './key-schedule.ts';
import { publishedKeys } from './key-schedule.ts';

export interface StoredKey extends KeyTimes {
  /** Private JWK, sealed under GATEWAY_KEYS. */
  readonly sealed: string;
}

interface KeySet {
  readonly keys: readonly StoredKey[];
}

const times = { kid: z.string(), createdAt: z.int(), sealed: z.string() };

const signingKeysFamily: RecordFamily<KeySet> = {
  schema: 2,
  readsUndatedMac: true,
  shape: z.strictObject({
    keys: z.array(z.strictObject({ ...times, activeFrom: z.int(), retiresAt: z.int().nullable() })).min(1),
  }),
  /** Schema 1 knew one key, which signed from the start. */
  upgrade: (previous) => {
    const { keys: known } = z.object({ keys: z.array(z.object(times)) }).parse(previous);
    return { keys: known.map((key) => ({ ...key, activeFrom: key.createdAt, retiresAt: null })) };
  },
};

/** What a change makes of the keys; undefined leaves them. */
type ChangeKeys = (known: readonly StoredKey[]) => Promise<readonly StoredKey[] | undefined>;

/** The one record of signing keys that all gateways share. */
export interface KeySetStore {
  /** The keys, the first one made when there are none; of several gateways at once one makes it. */
  read(): Promise<readonly StoredKey[]>;
  /** Changes them with compare-and-set; keys that are retired are forgotten. */
  update(change: ChangeKeys): Promise<void>;
  /** A new key, not written yet. */
  make(aheadMs: number): Promise<StoredKey>;
}

export function createKeySetStore(deps: { store: Store; gatewayRing: KeyRing; clock: Clock }): KeySetStore {
  const { store, gatewayRing, clock } = deps;
  const records = createRecords(store, signingKeysFamily, recordMacKeys(gatewayRing));
  const key = keys.signingKeys();
  const make = async (aheadMs: number) => await newKey(gatewayRing, { now: clock.now(), aheadMs });
  const write = async (data: KeySet, expect: 'absent' | { version: string }) =>
    await store.commit([records.put(key, data, { expiresAt: null, expect })], { replicated: true });
  const read = async (): Promise<TypedRecord<KeySet>> => {
    const found = await records.read(key);
    if (found !== undefined) return found;
    await write({ keys: [await make(0)] }, 'absent');
    const adopted = await records.read(key);
    if (adopted !== undefined) return adopted;
    throw new StoreUnavailableError('the store lost the signing keys just written');
  };
  return {
    make,
    read: async () => (await read()).data.keys,
    update: async (change) => {
      for (;;) {
        const found = await read();
        const next = await change(found.data.keys);
        if (next === undefined) return;
        const kept = publishedKeys(next, clock.now());
        if (await write({ keys: kept }, { version: found.version })) return;
      }
    },
  };
}

async function newKey(ring: KeyRing, { now, aheadMs }: { now: number; aheadMs: number }): Promise<StoredKey> {
  const { privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  const sealed = seal(ring, sealContext(kid), JSON.stringify(jwk));
  return { kid, createdAt: now, activeFrom: now + aheadMs, retiresAt: null, sealed };
}

/** The keys sealed under the ring's current key; undefined when they are. They outlive every root key. */
export function resealKeys(ring: KeyRing, known: readonly StoredKey[]): readonly StoredKey[] | undefined {
  const resealed = known.map((key) => reseal(ring, sealContext(key.kid), key.sealed));
  if (resealed.every((sealed) => sealed === undefined)) return undefined;
  return known.map((key, index) => ({ ...key, sealed: resealed[index] ?? key.sealed }));
}

/** The private JWK of a stored key. @throws UnsealError when GATEWAY_KEYS cannot open it */
export function openKey(ring: KeyRing, { kid, sealed }: StoredKey): JWK {
  const jwk = JSON.parse(unseal(ring, sealContext(kid), sealed)) as JWK;
  return { ...jwk, kid, alg: SIGNING_ALGORITHM, use: 'sig' };
}

function sealContext(kid: string) {
  return { purpose: 'signing-key', salt: kid, bind: [keys.signingKeys().text, kid] };
}
