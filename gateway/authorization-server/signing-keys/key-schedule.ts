/** When a signing key does what; times in milliseconds since the epoch. */
export interface KeyTimes {
  readonly kid: string;
  readonly createdAt: number;
  /** From here on it signs, unless a later key does. Before, it is only published. */
  readonly activeFrom: number;
  /** From here on it verifies nothing and is no longer published; null for the last key. */
  readonly retiresAt: number | null;
}

/** A new key is published this long before it signs: twice what a verifier may keep a key set (5 min). */
export const PUBLISH_AHEAD_MS = 10 * 60_000;
/** A replaced key verifies this long: the longest access token (1 h), its leeway and slack. */
export const VERIFY_ON_MS = 65 * 60_000;

/** The keys that verify at `now`, with those that will. */
export function publishedKeys<K extends KeyTimes>(keys: readonly K[], now: number): readonly K[] {
  return keys.filter(({ retiresAt }) => retiresAt === null || retiresAt > now);
}

/** The key that signs at `now`; undefined only when every key is retired or still to come. */
export function signingKey<K extends KeyTimes>(keys: readonly K[], now: number): K | undefined {
  const active = publishedKeys(keys, now).filter(({ activeFrom }) => activeFrom <= now);
  return active.reduce<K | undefined>(
    (latest, key) => (latest === undefined || key.activeFrom >= latest.activeFrom ? key : latest),
    undefined,
  );
}

/** The keys with one more that will sign; those before it verify on for as long as their tokens live. */
export function withNextKey<K extends KeyTimes>(keys: readonly K[], next: K): readonly K[] {
  const replaced = keys.map((key) => ({
    ...key,
    retiresAt: key.retiresAt ?? next.activeFrom + VERIFY_ON_MS,
  }));
  return [...replaced, next];
}

/** The keys without one that was ended; the last of the others is no longer replaced by it. */
export function withoutKey<K extends KeyTimes>(keys: readonly K[], kid: string): readonly K[] {
  const rest = keys.filter((key) => key.kid !== kid);
  const last = rest.reduce<K | undefined>(
    (latest, key) => (latest === undefined || key.activeFrom >= latest.activeFrom ? key : latest),
    undefined,
  );
  return rest.map((key) => (key === last ? { ...key, retiresAt: null } : key));
}

/** Whether it is time for a new key: the last one was made longer ago than `maxAgeMs`. */
export function isRotationDue(keys: readonly KeyTimes[], now: number, maxAgeMs: number): boolean {
  const newest = Math.max(0, ...keys.map(({ createdAt }) => createdAt));
  return now - newest >= maxAgeMs;
}
