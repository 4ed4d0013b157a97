import type { KeyObject } from 'node:crypto';
import type { KeyRing } from '../../shared/vault/index.ts';
import { Unavailable } from './refused.ts';
import type { PresentedRefreshToken, RefreshFamily } from './refresh-token.ts';
import { formatRefreshToken, isAuthentic } from './refresh-token.ts';

/** Makes and recognises refresh tokens under the gateway's key ring. */
export interface RefreshTokens {
  /** A new family under the current root key. */
  open(): RefreshFamily;
  format(family: RefreshFamily, grantId: string, generation: number): string;
  isAuthentic(family: RefreshFamily, presented: PresentedRefreshToken): boolean;
}

export function createRefreshTokens(gatewayRing: KeyRing): RefreshTokens {
  /** Salted with the grant: one family's key says nothing about another's. */
  function familyKey(family: RefreshFamily, grantId: string): KeyObject {
    const key = gatewayRing.derive(family.keyId, 'refresh-token', grantId);
    // The operator dropped a root key that is still in use: an alarm, not a reason to sign everybody out.
    if (key === undefined)
      throw new Unavailable('gateway_key', `GATEWAY_KEYS no longer holds key ${family.keyId}`);
    return key;
  }
  return {
    open: () => ({
      keyId: gatewayRing.currentId,
      generation: 0,
      supersededAt: [],
      lateAnswers: [],
      attempt: 0,
    }),
    format: (family, grantId, generation) =>
      formatRefreshToken(familyKey(family, grantId), grantId, generation),
    isAuthentic: (family, presented) => isAuthentic(familyKey(family, presented.grantId), presented),
  };
}
