import { createHmac } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { ZodType } from 'zod';
import type { Change, Expectation, Store, StoredRecord } from './contract/contract.ts';
import { RecordRefusedError } from './contract/contract.ts';
import type { Key } from './contract/keys.ts';
import { parseJson } from '../parse-json.ts';
import { isSameText } from '../same-text.ts';

/** Keys that authenticate records which grant power; `current` writes, any of `byId` reads. Both may change. */
export interface MacKeys {
  readonly current: string;
  byId(id: string): KeyObject | undefined;
}

/**
 * A kind of record: its shape and schema number. Readers accept the current and the previous number and refuse
 * newer ones by name, so that an old process never misreads what a new one wrote.
 */
export interface RecordFamily<T> {
  readonly schema: number;
  readonly shape: ZodType<T>;
  /** Brings data of schema `schema - 1` to the current shape; absent when there is no previous one. */
  readonly upgrade?: (previous: unknown) => unknown;
  /**
   * Whether records of the release before, whose MAC did not cover the expiry, are read: only where a later end gains
   * nothing, because the record's own end is in its data or it has none.
   */
  readonly readsUndatedMac?: boolean;
}

export interface TypedRecord<T> {
  readonly data: T;
  readonly version: string;
  readonly expiresAt: number | null;
}

/** Typed access to one family of records on a store. With `mac`, every record carries and must pass an HMAC. */
export interface Records<T> {
  /** @throws RecordRefusedError when the record is newer, malformed or not authentic. */
  read(key: Key): Promise<TypedRecord<T> | undefined>;
  take(key: Key): Promise<TypedRecord<T> | undefined>;
  /** The change that writes `data`, for `Store.commit`. */
  put(key: Key, data: T, options: { expiresAt: number | null; expect?: Expectation }): Change;
}

/** @throws TypeError when a key is read or written whose kind asks for a MAC where there is none, or the other way round. */
export function createRecords<T>(store: Store, family: RecordFamily<T>, mac?: MacKeys): Records<T> {
  const decode = (key: Key, stored: StoredRecord): TypedRecord<T> => {
    requireGuard(key, mac);
    return {
      data: decodeRecord(family, key, stored, mac),
      version: stored.version,
      expiresAt: stored.expiresAt,
    };
  };
  return {
    read: async (key) => {
      const stored = await store.read(key);
      return stored && decode(key, stored);
    },
    take: async (key) => {
      const stored = await store.take(key);
      return stored && decode(key, stored);
    },
    put: (key, data, { expiresAt, expect }) => {
      requireGuard(key, mac);
      return {
        op: 'put',
        key,
        value: encodeRecord(family, key, { data, expiresAt, mac }),
        expiresAt,
        ...(expect === undefined ? {} : { expect }),
      };
    },
  };
}

function requireGuard({ kind, guard }: Key, mac: MacKeys | undefined): void {
  if ((guard === 'mac') === (mac !== undefined)) return;
  throw new TypeError(`records of kind ${kind} ${mac === undefined ? 'carry a MAC' : 'carry no MAC'}`);
}

/**
 * Stored form: `<schema>.<MAC key id>.<HMAC-SHA-256, base64url>.<data as JSON>`; a family without MAC leaves the two in
 * the middle empty. The data is not quoted once more inside JSON: that cost a third of reading and writing it. A `~` before
 * the key id says that the MAC covers the expiry.
 */
function encodeRecord<T>(
  family: RecordFamily<T>,
  key: Key,
  { data, expiresAt, mac }: { data: T; expiresAt: number | null; mac: MacKeys | undefined },
): string {
  const text = JSON.stringify(data);
  const { schema } = family;
  if (mac === undefined) return `${String(schema)}...${text}`;
  const secret = mac.byId(mac.current);
  if (secret === undefined) throw new TypeError('the current MAC key is missing from its ring');
  return `${String(schema)}.~${mac.current}.${datedMacOf(secret, key, { schema, text, expiresAt })}.${text}`;
}

function decodeRecord<T>(
  family: RecordFamily<T>,
  key: Key,
  stored: StoredRecord,
  mac: MacKeys | undefined,
): T {
  const envelope = parseEnvelope(key, stored.value);
  if (mac !== undefined) requireMac(key, envelope, { mac, expiresAt: stored.expiresAt, family });
  if (envelope.schema > family.schema) throw new RecordRefusedError('schema_too_new', key);
  const upgrade = envelope.schema === family.schema - 1 ? family.upgrade : undefined;
  if (envelope.schema !== family.schema && upgrade === undefined)
    throw new RecordRefusedError('schema_unknown', key);
  const data = parseJson(envelope.text);
  const parsed = family.shape.safeParse(upgrade === undefined ? data : upgrade(data));
  if (!parsed.success) throw new RecordRefusedError('malformed', key);
  return parsed.data;
}

interface Envelope {
  readonly schema: number;
  readonly isDated: boolean;
  readonly keyId: string;
  readonly mac: string;
  readonly text: string;
}

const ENVELOPE = /^(\d{1,6})\.(~?)([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]*)\./;

function parseEnvelope(key: Key, value: string): Envelope {
  const [head, schema, dated, keyId, mac] = ENVELOPE.exec(value) ?? [];
  if (head === undefined || schema === undefined || keyId === undefined || mac === undefined)
    throw new RecordRefusedError('malformed', key);
  return { schema: Number(schema), isDated: dated === '~', keyId, mac, text: value.slice(head.length) };
}

type Authenticated = Pick<Envelope, 'schema' | 'text'>;

/**
 * The key's text is part of what is authenticated: a genuine record copied to another key is refused. So is its expiry:
 * who can write the store makes no record live longer. (An older genuine record of the same key passes until it expires.)
 */
function datedMacOf(
  secret: KeyObject,
  key: Key,
  { schema, text, expiresAt }: Authenticated & { readonly expiresAt: number | null },
): string {
  return hmac(secret, `${key.text}\n${String(schema)}\n${String(expiresAt)}\n${text}`);
}

function undatedMacOf(secret: KeyObject, key: Key, { schema, text }: Authenticated): string {
  return hmac(secret, `${key.text}\n${String(schema)}\n${text}`);
}

function hmac(secret: KeyObject, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}

function requireMac(
  key: Key,
  envelope: Envelope,
  of: {
    readonly mac: MacKeys;
    readonly expiresAt: number | null;
    readonly family: Pick<RecordFamily<unknown>, 'readsUndatedMac'>;
  },
): void {
  if (!envelope.isDated && of.family.readsUndatedMac !== true)
    throw new RecordRefusedError('mac_undated', key);
  const secret = of.mac.byId(envelope.keyId);
  if (secret === undefined) throw new RecordRefusedError('mac_key_unknown', key);
  const { expiresAt } = of;
  const mac = envelope.isDated
    ? datedMacOf(secret, key, { ...envelope, expiresAt })
    : undatedMacOf(secret, key, envelope);
  if (!isSameText(envelope.mac, mac)) throw new RecordRefusedError('mac_mismatch', key);
}
