import { LRUCache } from 'lru-cache';
import type { AccessTokenClaims } from './claims.ts';
import { CLOCK_LEEWAY_SECONDS } from './claims.ts';
import type { TokenVerification, VerificationRules } from './verify-access-token.ts';
import { verifyAccessToken } from './verify-access-token.ts';

/** Verified tokens kept per process; beyond it the least recently used is verified again. */
const MAX_CACHED_TOKENS = 10_000;

type Verified = Extract<TokenVerification, { ok: true }>;

/** A verifier that checks each token's signature once; expiry and revocation are judged anew on every call. */
export type AccessTokenVerifier = (token: string) => Promise<TokenVerification>;

export interface CachingRules extends VerificationRules {
  /** Whether the revocation feed has ended what a token stands on; absent where no feed is followed. */
  readonly isRevoked?: (claims: AccessTokenClaims, kid: string) => boolean;
}

export function createAccessTokenVerifier(rules: CachingRules): AccessTokenVerifier {
  const cache = new LRUCache<string, Verified>({ max: MAX_CACHED_TOKENS });
  const judge = (token: string, verified: Verified): TokenVerification => {
    if (rules.isRevoked?.(verified.claims, verified.kid) !== true) return verified;
    cache.delete(token);
    return { ok: false, reason: 'revoked' };
  };
  return async (token) => {
    const known = cache.get(token);
    if (known !== undefined) {
      if ((known.claims.exp + CLOCK_LEEWAY_SECONDS) * 1000 > rules.clock.now()) return judge(token, known);
      cache.delete(token);
      return { ok: false, reason: 'expired' };
    }
    const result = await verifyAccessToken(token, rules);
    if (result.ok) cache.set(token, result);
    return result.ok ? judge(token, result) : result;
  };
}
