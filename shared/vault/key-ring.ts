import { createSecretKey, hkdfSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { MacKeys } from '../store/index.ts';

const KEY_BYTES = 32;
/** Derived keys that are kept: each costs as much to derive as several MACs. */
const MAX_DERIVED = 10_000;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

interface RingKey {
  readonly id: string;
  readonly secret: Uint8Array;
}

/** A ring of 256-bit root keys: the first writes, all of them read. Root keys are never used directly. */
export interface KeyRing {
  readonly currentId: string;
  readonly ids: readonly string[];
  /** HKDF-SHA-256 (RFC 5869) of one root key for one purpose; undefined when the ring has no such key. */
  derive(keyId: string, purpose: string, context?: string): KeyObject | undefined;
}

/**
 * Parses `id:base64url(32 bytes)` entries separated by commas or white space; the first is current.
 * @throws Error that names the entry's position and fault, never its content.
 */
export function parseKeyRing(text: string): KeyRing {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
  const ring = entries.map(parseEntry);
  const first = ring[0];
  if (first === undefined) throw new Error('the key ring is empty');
  const derived = new LRUCache<string, KeyObject>({ max: MAX_DERIVED });
  const byId = new Map(ring.map((key) => [key.id, key.secret]));
  if (byId.size !== ring.length) throw new Error('the key ring names one key id twice');
  return {
    currentId: first.id,
    ids: ring.map((key) => key.id),
    derive: (keyId, purpose, context = '') => {
      const secret = byId.get(keyId);
      if (secret === undefined) return undefined;
      const name = `${keyId} ${purpose} ${context}`;
      const known = derived.get(name);
      if (known !== undefined) return known;
      // A key object, not bytes: node:crypto takes longer to look at bytes than to make a MAC with them.
      const bytes = hkdfSync('sha256', secret, context, `ocg ${purpose}`, KEY_BYTES);
      const key = createSecretKey(Buffer.from(bytes));
      derived.set(name, key);
      return key;
    },
  };
}

function parseEntry(entry: string, index: number): RingKey {
  const position = `key ${String(index + 1)} of the ring`;
  const colon = entry.indexOf(':');
  const id = entry.slice(0, Math.max(colon, 0));
  if (!KEY_ID.test(id)) throw new Error(`${position} does not start with an id and a colon`);
  const encoded = entry.slice(colon + 1);
  const secret = Buffer.from(encoded, 'base64url');
  if (secret.length !== KEY_BYTES || secret.toString('base64url') !== encoded) {
    throw new Error(`${position} is not base64url of exactly ${String(KEY_BYTES)} bytes`);
  }
  return { id, secret };
}

/** One derived key for `purpose` from the ring's current root key. */
export function deriveCurrent(ring: KeyRing, purpose: string): KeyObject {
  const derived = ring.derive(ring.currentId, purpose);
  if (derived === undefined) throw new TypeError('a key ring always holds its current key');
  return derived;
}

/** The MAC keys of records, derived once per root key. */
export function recordMacKeys(ring: KeyRing): MacKeys {
  const derived = new Map(ring.ids.map((id) => [id, ring.derive(id, 'record-mac')]));
  return { current: ring.currentId, byId: (id) => derived.get(id) };
}
