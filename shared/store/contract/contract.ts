import type { Key } from './keys.ts';

/** One stored record. `version` is an opaque token that changes with every write and is never reused. */
export interface StoredRecord {
  readonly value: string;
  readonly version: string;
  /** Milliseconds since the epoch; null = no expiry. */
  readonly expiresAt: number | null;
}

/** What must be true of a record for a change to apply: it is absent, it exists, or it has this version. */
export type Expectation = 'absent' | 'present' | { readonly version: string };

export type Change =
  | {
      readonly op: 'put';
      readonly key: Key;
      readonly value: string;
      readonly expiresAt: number | null;
      readonly expect?: Expectation;
    }
  | { readonly op: 'delete'; readonly key: Key; readonly expect?: Expectation }
  /** Changes nothing; the commit applies only if the expectation holds. */
  | { readonly op: 'check'; readonly key: Key; readonly expect: Expectation };

/**
 * The contract of every store driver. One record per key; expiry is judged by the caller's clock on every
 * operation, the driver's own time-to-live only collects garbage. Every method rejects with
 * `StoreUnavailableError` when the outcome is not known to be applied or could not be tried; a caller never
 * turns that into "not found".
 */
export interface Store {
  /** The live record, or undefined when absent or expired. */
  read(key: Key): Promise<StoredRecord | undefined>;
  /**
   * Applies all changes or none; false when an expectation failed. All keys must carry the same tag: a Redis
   * Cluster runs a script on one hash slot only. `replicated` waits until one replica has the commit, where there
   * are replicas: for what ends power, which a failover must not bring back.
   */
  commit(changes: readonly Change[], options?: CommitOptions): Promise<boolean>;
  /** Reads and deletes in one step: of any number of concurrent callers at most one gets the record. */
  take(key: Key): Promise<StoredRecord | undefined>;
  /** Puts a member into a set at a time of ours (ms), moving it when it is there already. */
  addMember(key: Key, member: string, at: number): Promise<void>;
  removeMember(key: Key, member: string): Promise<void>;
  countMembers(key: Key): Promise<number>;
  /** Members whose time is not after `until`, the earliest first. A set is an index: what it names is verified. */
  membersUntil(key: Key, until: number, limit: number): Promise<readonly string[]>;
  /**
   * Adds to a number that many processes add to, and answers what it is then. At `endsAt` (ms) it has ended: whoever
   * adds later starts at zero. After a rejection it is unknown whether the number was added.
   */
  addToCounter(key: Key, by: number, endsAt: number): Promise<number>;
  /** Opens a feed on a connection of its own; entries are kept for `keepMs` at least. */
  openFeed(key: Key, keepMs: number): Feed;
  /** Resolves when the store answers; for readiness. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface CommitOptions {
  readonly replicated?: boolean;
}

/** A place in a feed; opaque. */
export type FeedPosition = string;

export interface FeedPage {
  /** What was appended, oldest first. */
  readonly entries: readonly string[];
  /** Where to go on. */
  readonly position: FeedPosition;
  /** False when something may be missing between where the reader was and this page: read the window again. */
  readonly isGapless: boolean;
  /** Whether the page proves that writers reach the server it was read from. */
  readonly isAlive: boolean;
}

/**
 * What was appended lately, for any number of readers; each reader keeps its own position. All methods but `close`
 * reject with `StoreUnavailableError`.
 */
export interface Feed {
  append(entry: string): Promise<void>;
  /** Tells readers that the feed is alive where they read it. Call it every second. */
  readonly beat: () => Promise<void>;
  /** Everything that is still kept. */
  window(): Promise<FeedPage>;
  /** What came after a position; waits up to `waitMs` for something to come. */
  after(position: FeedPosition, waitMs: number): Promise<FeedPage>;
  readonly close: () => Promise<void>;
}

/** A commit over two tags would work on one server and fail on a Redis Cluster: refused by every driver. */
export function requireOneTag(changes: readonly Change[]): void {
  const tags = new Set(changes.map((change) => change.key.tag));
  if (tags.size !== 1) throw new TypeError(`a commit needs exactly one tag, got ${String(tags.size)}`);
}

/** The store did not do what was asked, or it is unknown whether it did. Callers answer 503 and consume nothing. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** A record written by a newer version of the product, or one whose content or MAC does not hold. */
export class RecordRefusedError extends Error {
  override readonly name = 'RecordRefusedError';
  readonly reason:
    'schema_too_new' | 'schema_unknown' | 'malformed' | 'mac_mismatch' | 'mac_undated' | 'mac_key_unknown';

  constructor(reason: RecordRefusedError['reason'], key: Key, cause?: unknown) {
    super(`record of kind ${key.kind} refused: ${reason}`, { cause });
    this.reason = reason;
  }
}
