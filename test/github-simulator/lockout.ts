import { spend } from './caps.ts';
import type { SimulatorState } from './state.ts';

// GitHub tells neither number.
const BAD_CREDENTIALS = 10;
const WINDOW_MS = 300_000;
const LOCKOUT_MS = 600_000;

/**
 * Whose calls a token counts for: the user it was ever issued to, or nobody in particular.
 *
 * A made-up token cannot lock out a user, but many of them lock out each other.
 */
export function suspectOf(state: SimulatorState, accessToken: string): string {
  const record = state.tokens.get(accessToken) ?? state.endedTokens.get(accessToken);
  return record === undefined ? 'unknown' : String(record.userId);
}

export function isLockedOut(state: SimulatorState, suspect: string, now: number): boolean {
  return now < (state.lockouts.get(suspect) ?? 0);
}

/** Counts a bad credential; the tenth within five minutes locks out for ten. */
export function countBadCredential(state: SimulatorState, suspect: string, now: number): void {
  const cap = { key: `bad-credential ${suspect}`, limit: BAD_CREDENTIALS - 1, windowMs: WINDOW_MS };
  if (state.locksOut && !spend(state, cap, now)) state.lockouts.set(suspect, now + LOCKOUT_MS);
}
