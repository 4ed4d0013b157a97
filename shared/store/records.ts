import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { ZodType } from 'zod';
import type { Change, Expectation, Store, StoredRecord } from './contract.ts';
import { RecordRefusedError } from './contract.ts';
import type { Key } from './keys.ts';

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

export function createRecords<T>(store: Store, family: RecordFamily<T>, mac?: MacKeys): Records<T> {
  const decode = (key: Key, stored: StoredRecord): TypedRecord<T> => ({
    data: decodeRecord(family, key, stored.value, mac),
    version: stored.version,
    expiresAt: stored.expiresAt,
  });
  return {
    read: async (key) => {
      const stored = await store.read(key);
      return stored && decode(key, stored);
    },
    take: async (key) => {
      const stored = await store.take(key);
      return stored && decode(key, stored);
    },
    put: (key, data, { expiresAt, expect }) => ({
      op: 'put',
      key,
      value: encodeRecord(family, key, data, mac),
      expiresAt,
      ...(expect === undefined ? {} : { expect }),
    }),
  };
}

/**
 * Stored form: `<schema>.<MAC key id>.<HMAC-SHA-256, base64url>.<data as JSON>`; a family without MAC leaves the two in
 * the middle empty. The data is not quoted once more inside JSON: that cost a third of reading and writing it.
 */
function encodeRecord<T>(family: RecordFamily<T>, key: Key, data: T, mac: MacKeys | undefined): string {
  const text = JSON.stringify(data);
  if (mac === undefined) return `${String(family.schema)}...${text}`;
  const secret = mac.byId(mac.current);
  if (secret === undefined) throw new TypeError('the current MAC key is missing from its ring');
  return `${String(family.schema)}.${mac.current}.${macOf(secret, key, { schema: family.schema, text })}.${text}`;
}

function decodeRecord<T>(family: RecordFamily<T>, key: Key, value: string, mac: MacKeys | undefined): T {
  const envelope = parseEnvelope(key, value);
  if (mac !== undefined) requireMac(key, envelope, mac);
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
  readonly keyId: string;
  readonly mac: string;
  readonly text: string;
}

const ENVELOPE = /^(\d{1,6})\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]*)\./;

function parseEnvelope(key: Key, value: string): Envelope {
  const [head, schema, keyId, mac] = ENVELOPE.exec(value) ?? [];
  if (head === undefined || schema === undefined || keyId === undefined || mac === undefined)
    throw new RecordRefusedError('malformed', key);
  return { schema: Number(schema), keyId, mac, text: value.slice(head.length) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The key's text is part of what is authenticated: a genuine record copied to another key is refused. */
function macOf(secret: KeyObject, key: Key, { schema, text }: Pick<Envelope, 'schema' | 'text'>): string {
  return createHmac('sha256', secret)
    .update(`${key.text}\n${String(schema)}\n${text}`)
    .digest('base64url');
}

function requireMac(key: Key, envelope: Envelope, mac: MacKeys): void {
  const secret = mac.byId(envelope.keyId);
  if (secret === undefined) throw new RecordRefusedError('mac_key_unknown', key);
  const expected = Buffer.from(macOf(secret, key, envelope));
  const presented = Buffer.from(envelope.mac);
  if (presented.length !== expected.length || !timingSafeEqual(presented, expected)) {
    throw new RecordRefusedError('mac_mismatch', key);
  }
}
