import { normaliseScopes } from './scopes.ts';
import { grantedBefore, grantOf } from './state.ts';
import type { SimulatorState } from './state.ts';

export interface ScopeRequest {
  readonly clientId: string;
  /** Undefined when `scope` was left out: then everything granted before counts. */
  readonly scopes: readonly string[] | undefined;
}

interface Granting {
  readonly userId: number;
  /** What the user leaves of the request; undefined when no choice was offered. */
  readonly granted: readonly string[] | undefined;
}

/** The scopes an authorization would have. */
export function scopesToGrant(
  state: SimulatorState,
  request: ScopeRequest,
  { userId, granted }: Granting,
): string[] {
  if (request.scopes === undefined) return normaliseScopes(grantedBefore(state, request.clientId, userId));
  return normaliseScopes(request.scopes.filter((scope) => granted?.includes(scope) ?? true));
}

/** The scopes of this authorization; they join what the user granted the app before. */
export function grantScopes(state: SimulatorState, request: ScopeRequest, granting: Granting): string[] {
  const scopes = scopesToGrant(state, request, granting);
  const grant = grantOf(state, request.clientId, granting.userId);
  for (const scope of scopes) grant.add(scope);
  return scopes;
}
