import { createSecretKey, hkdfSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { LookAgain } from '../secrets/index.ts';
import type { MacKeys } from '../store/index.ts';

const KEY_BYTES = 32;
/** Derived keys that are kept: each costs as much to derive as several MACs. */
const MAX_DERIVED = 10_000;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

interface RingKey {
  readonly id: string;
  readonly secret: Buffer;
}

/**
 * A ring of 256-bit root keys: the first writes, all of them read. Root keys are never used directly. One object for
 * the life of a process, whose keys may be replaced: what is derived from it is asked for anew each time, not kept.
 */
export interface KeyRing {
  readonly currentId: string;
  /** The current one first. Another list as soon as the keys were replaced. */
  readonly ids: readonly string[];
  /**
   * HKDF-SHA-256 (RFC 5869) of one root key for one purpose; undefined when the ring has no such key, also after
   * another look at the file it comes from: another process may have read a new key before us.
   */
  derive(keyId: string, purpose: string, context?: string): KeyObject | undefined;
  /** One derived key of every root key, the current one's first. */
  deriveEach(purpose: string): readonly KeyObject[];
  /** Looks at the file the ring comes from; true when the ring has other keys now. */
  readonly lookAgain: LookAgain;
  /** How often `derive` answered a key that is not the current one: nothing that is in use needs them while it rests. */
  olderUses(): number;
}

/** A ring in the hands of whoever follows the file it comes from. */
export interface ReplaceableKeyRing extends KeyRing {
  /**
   * Puts other keys in place of all, at once.
   * @throws Error for what `parseKeyRing` refuses, for keys without the current one, and for an id that now names
   * another secret: what was written under it could not be read. The ring is then as it was.
   */
  readonly replace: (text: string) => void;
  /** How the ring is to look for keys that it does not know. */
  lookAgainWith(lookAgain: LookAgain): void;
}

/**
 * Parses `id:base64url(32 bytes)` entries separated by commas or white space; the first is current.
 * @throws Error that names the entry's position and fault, never its content.
 */
export function parseKeyRing(text: string): ReplaceableKeyRing {
  let content = createContent(parseEntries(text));
  let olderUses = 0;
  let lookAgain: LookAgain = () => false;
  return {
    get currentId() {
      return content.currentId;
    },
    get ids() {
      return content.ids;
    },
    derive: (keyId, purpose, context = '') => {
      const find = () => content.derive(keyId, purpose, context);
      const key = find() ?? (lookAgain() ? find() : undefined);
      if (key !== undefined && keyId !== content.currentId) olderUses += 1;
      return key;
    },
    deriveEach: (purpose) => content.ids.flatMap((id) => content.derive(id, purpose, '') ?? []),
    lookAgain: () => lookAgain(),
    olderUses: () => olderUses,
    replace: (next) => {
      const entries = parseEntries(next);
      const reused = entries.find(({ id, secret }) => content.secretOf(id)?.equals(secret) === false);
      if (reused !== undefined) {
        throw new Error(`key ${reused.id} of the ring is another one than before; a new key needs a new id`);
      }
      if (!entries.some(({ id }) => id === content.currentId)) {
        throw new Error(
          `the key ring lost its current key ${content.currentId}; put a new key in front of it`,
        );
      }
      content = createContent(entries);
    },
    lookAgainWith: (look) => {
      lookAgain = look;
    },
  };
}

function parseEntries(text: string): readonly [RingKey, ...RingKey[]] {
  const [first, ...others] = text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(parseEntry);
  if (first === undefined) throw new Error('the key ring is empty');
  const entries = [first, ...others] as const;
  if (new Set(entries.map(({ id }) => id)).size !== entries.length) {
    throw new Error('the key ring names one key id twice');
  }
  return entries;
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

/** What a ring holds between two replacements, with the keys that were derived from it. */
function createContent(entries: readonly [RingKey, ...RingKey[]]) {
  const byId = new Map(entries.map(({ id, secret }) => [id, secret]));
  const derived = new LRUCache<string, KeyObject>({ max: MAX_DERIVED });
  return {
    currentId: entries[0].id,
    ids: entries.map(({ id }) => id),
    secretOf: (id: string) => byId.get(id),
    derive: (keyId: string, purpose: string, context: string): KeyObject | undefined => {
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

/** One derived key for `purpose` from the ring's current root key, as of now. */
export function deriveCurrent(ring: KeyRing, purpose: string): KeyObject {
  const derived = ring.derive(ring.currentId, purpose);
  if (derived === undefined) throw new TypeError('a key ring always holds its current key');
  return derived;
}

/**
 * Finds the root key under which something that names no key was made; its place in the ring, 0 for the current one, or
 * -1. What no known key made may be of a key that another process read before us, so the file is looked at then.
 */
export function findKey(ring: KeyRing, purpose: string, isMadeWith: (key: KeyObject) => boolean): number {
  const find = () => ring.deriveEach(purpose).findIndex(isMadeWith);
  const found = find();
  return found < 0 && ring.lookAgain() ? find() : found;
}

/** The MAC keys of records; they follow the ring. The current one is kept at hand: every record needs it. */
export function recordMacKeys(ring: KeyRing): MacKeys {
  let current = { of: ring.ids, id: ring.currentId, key: deriveCurrent(ring, 'record-mac') };
  return {
    get current() {
      return ring.currentId;
    },
    byId: (id) => {
      if (current.of !== ring.ids) {
        current = { of: ring.ids, id: ring.currentId, key: deriveCurrent(ring, 'record-mac') };
      }
      return id === current.id ? current.key : ring.derive(id, 'record-mac');
    },
  };
}
