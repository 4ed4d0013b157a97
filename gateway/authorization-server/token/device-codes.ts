import { z } from 'zod';
import type { RecordFamily, Store, TypedRecord } from '../../../shared/store/index.ts';
import { createRecords, keys, StoreUnavailableError } from '../../../shared/store/index.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import { recordMacKeys, seal, unseal } from '../../../shared/vault/index.ts';

/** Seconds between two polls at first, and what each poll that comes too early adds (RFC 8628 §3.5). */
export const FIRST_INTERVAL_SECONDS = 5;
const SLOWER_SECONDS = 5;
/** A used code stays known this long after its end, so that a replay can be told from a guess (ms). */
const REMEMBERED_MS = 60 * 60_000;
/** One that nobody used: a device that comes late learns that its code has expired (RFC 8628 §3.5). Strangers make these. */
const EXPIRED_KNOWN_MS = 2 * 60_000;
/** Longer than a code lives: whoever polls one goes on being paced (ms). */
const POLL_KNOWN_MS = 15 * 60_000;
/** Networks jitter: a poll this much early is not punished (ms). */
const TOLERANCE_MS = 500;

/** What the library knows of a device code: who may poll, what was asked, what was decided. */
export interface DeviceCodePayload {
  [member: string]: unknown;
  clientId?: string | undefined;
  accountId?: string | undefined;
  grantId?: string | undefined;
  error?: string | undefined;
}

/** A device code with what the person at the browser has decided so far. Times in milliseconds. */
export interface DeviceCode {
  readonly payload: DeviceCodePayload;
  readonly expiresAt: number;
  readonly consumedAt: number | null;
}

const deviceCodeFamily: RecordFamily<DeviceCode> = {
  schema: 1,
  readsUndatedMac: true,
  shape: z.strictObject({
    payload: z.record(z.string(), z.unknown()),
    expiresAt: z.int(),
    consumedAt: z.int().nullable(),
  }),
};

/** Points from a user code to the device code, sealed: a dump of the store is no list of codes to poll with. */
const userCodeFamily: RecordFamily<{ readonly sealed: string }> = {
  schema: 1,
  shape: z.strictObject({ sealed: z.string() }),
};

const pollFamily: RecordFamily<{ readonly at: number; readonly intervalMs: number }> = {
  schema: 1,
  shape: z.strictObject({ at: z.int(), intervalMs: z.int() }),
};

export interface DeviceCodes {
  /** Writes what oidc-provider knows of a code; `ttlSeconds` only when it is new. */
  save(deviceCode: string, payload: DeviceCodePayload, ttlSeconds: number): Promise<void>;
  find(deviceCode: string): Promise<TypedRecord<DeviceCode> | undefined>;
  findByUserCode(userCode: string): Promise<{ deviceCode: string; found: DeviceCode } | undefined>;
  /** Marks the code used; of any number of concurrent callers exactly one gets true. */
  consume(deviceCode: string, found: TypedRecord<DeviceCode>): Promise<boolean>;
  /** Notes a poll; false when it came before its time, which makes the next one wait longer. */
  pace(deviceCode: string): Promise<boolean>;
}

export function createDeviceCodes(deps: {
  store: Store;
  gatewayRing: KeyRing;
  now: () => number;
}): DeviceCodes {
  const { store, gatewayRing, now } = deps;
  const mac = recordMacKeys(gatewayRing);
  const codes = createRecords(store, deviceCodeFamily, mac);
  const userCodes = createRecords(store, userCodeFamily, mac);
  const polls = createRecords(store, pollFamily);
  const find = async (deviceCode: string) => await codes.read(keys.deviceCode(deviceCode));
  const write = (deviceCode: string, data: DeviceCode, expect: 'absent' | { version: string }) =>
    codes.put(keys.deviceCode(deviceCode), data, {
      expiresAt: data.expiresAt + (data.consumedAt === null ? EXPIRED_KNOWN_MS : REMEMBERED_MS),
      expect,
    });

  return {
    find,
    save: async (deviceCode, { jti: _jti, ...payload }, ttlSeconds) => {
      const found = await find(deviceCode);
      if (found !== undefined) {
        const change = write(deviceCode, { ...found.data, payload }, { version: found.version });
        // Two people with one code: the slower one must not read that the device is connected, to an account of theirs.
        if (!(await store.commit([change])))
          throw new StoreUnavailableError('the device code was changed meanwhile');
        return;
      }
      const expiresAt = now() + ttlSeconds * 1000;
      const userCode = String(payload['userCode']);
      const sealed = seal(gatewayRing, userCodeContext(userCode), deviceCode);
      const index = userCodes.put(keys.userCode(userCode), { sealed }, { expiresAt, expect: 'absent' });
      // Two devices with one user code would let one person sign in the other's: the second request fails.
      if (!(await store.commit([index]))) throw new TypeError('a user code was made twice');
      await store.commit([write(deviceCode, { payload, expiresAt, consumedAt: null }, 'absent')]);
    },
    findByUserCode: async (userCode) => {
      const pointer = await userCodes.read(keys.userCode(userCode));
      if (pointer === undefined) return undefined;
      const deviceCode = unseal(gatewayRing, userCodeContext(userCode), pointer.data.sealed);
      const found = await find(deviceCode);
      return found === undefined ? undefined : { deviceCode, found: found.data };
    },
    consume: async (deviceCode, found) =>
      await store.commit([
        write(deviceCode, { ...found.data, consumedAt: now() }, { version: found.version }),
      ]),
    pace: async (deviceCode) => {
      const key = keys.devicePoll(deviceCode);
      const last = (await polls.read(key))?.data;
      const intervalMs = last?.intervalMs ?? FIRST_INTERVAL_SECONDS * 1000;
      const isEarly = last !== undefined && now() - last.at < intervalMs - TOLERANCE_MS;
      const next = { at: now(), intervalMs: intervalMs + (isEarly ? SLOWER_SECONDS * 1000 : 0) };
      await store.commit([polls.put(key, next, { expiresAt: now() + POLL_KNOWN_MS })]);
      return !isEarly;
    },
  };
}

function userCodeContext(userCode: string) {
  return { purpose: 'device-code', salt: '', bind: [keys.userCode(userCode).text] };
}
