export type { AccessTokenVerifier } from './caching-verifier.ts';
export { createAccessTokenVerifier } from './caching-verifier.ts';
export type { AccessTokenClaims } from './claims.ts';
export { ACCESS_TOKEN_TYPE, CLOCK_LEEWAY_SECONDS, SIGNING_ALGORITHM } from './claims.ts';
export { createJwksSource, KeysUnavailableError } from './jwks-source.ts';
export type { FindVerificationKey, TokenRefusal, TokenVerification } from './verify-access-token.ts';
