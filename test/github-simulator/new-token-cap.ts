import { countRecent, HOUR_MS, spend } from './caps.ts';
import type { Cap } from './caps.ts';
import type { SimulatorState, TokenRecord } from './state.ts';
import { scopeSetKey } from './tokens.ts';

/** New tokens per user, app and scope set, after which the user must authorize again. */
const NEW_TOKENS_PER_HOUR = 10;

type ScopeSet = Pick<TokenRecord, 'clientId' | 'userId' | 'scopes'>;

function capOf(set: ScopeSet, limit: number): Cap {
  return { key: `new-token ${scopeSetKey(set)}`, limit, windowMs: HOUR_MS };
}

/** Counts a token of a sign-in. A refreshed or reset one is none: no browser is there to ask again. */
export function countNewToken(state: SimulatorState, record: TokenRecord): void {
  spend(state, capOf(record, Infinity), record.createdAt);
}

/** Whether the user must be asked again before another token of this kind. */
export function mustReauthorize(state: SimulatorState, set: ScopeSet, now: number): boolean {
  return state.profile.limits && countRecent(state, capOf(set, Infinity), now) >= NEW_TOKENS_PER_HOUR;
}
