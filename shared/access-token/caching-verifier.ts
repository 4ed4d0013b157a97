import { LRUCache } from 'lru-cache';
import type { AccessTokenClaims } from './claims.ts';
import { CLOCK_LEEWAY_SECONDS } from './claims.ts';
import type { TokenVerification, VerificationRules } from './verify-access-token.ts';
import { verifyAccessToken } from './verify-access-token.ts';

/** Verified tokens kept per process; beyond it the least recently used is verified again. */
const MAX_CACHED_TOKENS = 10_000;

/** A verifier that checks each token's signature once; expiry is judged anew on every call. */
export type AccessTokenVerifier = (token: string) => Promise<TokenVerification>;

export function createAccessTokenVerifier(rules: VerificationRules): AccessTokenVerifier {
  const verified = new LRUCache<string, AccessTokenClaims>({ max: MAX_CACHED_TOKENS });
  return async (token) => {
    const known = verified.get(token);
    if (known !== undefined) {
      if ((known.exp + CLOCK_LEEWAY_SECONDS) * 1000 > rules.clock.now()) return { ok: true, claims: known };
      verified.delete(token);
      return { ok: false, reason: 'expired' };
    }
    const result = await verifyAccessToken(token, rules);
    if (result.ok) verified.set(token, result.claims);
    return result;
  };
}
