import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** Makes leaked refresh tokens searchable; also what log redaction looks for. */
const PREFIX = 'ocr_';
const FORM = /^ocr_([A-Za-z0-9_-]{22})\.([0-9a-z]{1,8})\.([A-Za-z0-9_-]{43})$/;
/** Superseded generations remembered within the window at most; a client that rotates faster is in a loop. */
const MAX_REMEMBERED = 64;

/** The refresh state of one grant: one record for the whole family, whatever the number of rotations. */
export interface RefreshFamily {
  /** The root key in GATEWAY_KEYS that this family's tokens are derived from. */
  readonly keyId: string;
  readonly generation: number;
  /** When each of the generations just before the current one was superseded (ms), the latest last. */
  readonly supersededAt: readonly number[];
  /** When answers were given to a predecessor after its window (ms); those of the last 24 hours. */
  readonly lateAnswers: readonly number[];
  /** How many of them were for the current generation: names the answer its access tokens came with. */
  readonly attempt: number;
}

export interface PresentedRefreshToken {
  readonly grantId: string;
  readonly generation: number;
  readonly mac: string;
}

/**
 * Generation `n` of a family is HMAC(family key, n): every successor is derived, so the chain cannot fork, any
 * gateway answers a repeated request with the same token, and the store holds nothing a token could be made from.
 */
export function formatRefreshToken(familyKey: KeyObject, grantId: string, generation: number): string {
  return `${PREFIX}${grantId}.${generation.toString(36)}.${macOf(familyKey, generation)}`;
}

/** Undefined for anything that is not of our form; says nothing about authenticity. */
export function parseRefreshToken(text: string): PresentedRefreshToken | undefined {
  const [, grantId, generation, mac] = FORM.exec(text) ?? [];
  if (grantId === undefined || generation === undefined || mac === undefined) return undefined;
  return { grantId, generation: Number.parseInt(generation, 36), mac };
}

export function isAuthentic(familyKey: KeyObject, presented: PresentedRefreshToken): boolean {
  return timingSafeEqual(Buffer.from(presented.mac), Buffer.from(macOf(familyKey, presented.generation)));
}

function macOf(familyKey: KeyObject, generation: number): string {
  return createHmac('sha256', familyKey)
    .update(`refresh ${String(generation)}`)
    .digest('base64url');
}

/**
 * What an authentic token of this family means now:
 * `current` rotates; `recent` was superseded within the window and gets its own same successor again; `reused`
 * was superseded longer ago, which ends the grant (RFC 9700 §4.14.2) unless its answer was lost. A generation ahead of the record means
 * the store lost a write that was answered (a failover): it is the newest truth and rotates.
 */
export function judgeGeneration(
  family: RefreshFamily,
  generation: number,
  at: { now: number; windowMs: number },
): 'current' | 'recent' | 'reused' {
  if (generation >= family.generation) return 'current';
  const supersededAt = family.supersededAt.at(generation - family.generation);
  return supersededAt !== undefined && at.now - supersededAt <= at.windowMs ? 'recent' : 'reused';
}

/**
 * The family after `generation`, which is `current`, was redeemed. Generations whose window has passed are forgotten: they
 * are `reused`, and so are those of which the store lost when it was.
 */
export function supersede(
  family: RefreshFamily,
  generation: number,
  at: { now: number; windowMs: number },
): RefreshFamily {
  const lost = Array.from({ length: Math.min(generation - family.generation, MAX_REMEMBERED) }, () => 0);
  const firstRecent = family.supersededAt.findIndex((each) => at.now - each <= at.windowMs);
  const recent = firstRecent === -1 ? [] : family.supersededAt.slice(firstRecent);
  return {
    keyId: family.keyId,
    generation: generation + 1,
    supersededAt: [...recent, ...lost, at.now].slice(-MAX_REMEMBERED),
    lateAnswers: lately(family, at.now),
    attempt: 0,
  };
}

/** An answer may be asked for this long after it was given (ms): a laptop that slept over night. */
const LOST_MS = 24 * 60 * 60_000;
/** Late answers of one family in that time; more are no bad luck. */
const MAX_LATE_ANSWERS = 3;

/**
 * Whether the answer to `generation`, which is `reused`, may have been lost on its way: its successor is the current one,
 * `received` says that nobody has shown it or an access token that came with it, and it does not happen all the time.
 * Without the condition on access tokens a thief and the owner of a token could go on side by side, each on the
 * other's predecessor.
 */
export function wasAnswerLost(
  family: RefreshFamily,
  generation: number,
  of: { readonly now: number; readonly received: number },
): boolean {
  const supersededAt = family.supersededAt.at(-1);
  return (
    generation === family.generation - 1 &&
    supersededAt !== undefined &&
    of.now - supersededAt <= LOST_MS &&
    of.received < family.generation &&
    lately(family, of.now).length < MAX_LATE_ANSWERS
  );
}

/** The family after the answer to the predecessor of its current generation was given once more. */
export function answerLate(family: RefreshFamily, now: number): RefreshFamily {
  return { ...family, lateAnswers: [...lately(family, now), now], attempt: family.attempt + 1 };
}

function lately({ lateAnswers }: RefreshFamily, now: number): number[] {
  return lateAnswers.filter((each) => now - each <= LOST_MS);
}
