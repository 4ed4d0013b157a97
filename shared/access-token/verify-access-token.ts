import { errors, jwtVerify } from 'jose';
import type { CryptoKey, KeyObject } from 'jose';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { AccessTokenClaims } from './claims.ts';
import { ACCESS_TOKEN_TYPE, accessTokenClaims, CLOCK_LEEWAY_SECONDS, SIGNING_ALGORITHM } from './claims.ts';
import { parseJson } from '../parse-json.ts';

const MAX_TOKEN_CHARACTERS = 4096;
/** The longest lifetime configuration allows; a genuine token never claims more. */
const MAX_LIFETIME_SECONDS = 3600;
const SEGMENTS = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/** Why a token is refused. One word for the log and the metrics; the client only learns `invalid_token`. */
export type TokenRefusal =
  | 'malformed'
  | 'header_refused'
  | 'key_unknown'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'not_yet_valid'
  | 'lifetime'
  | 'claims'
  | 'revoked';

export type TokenVerification =
  | { readonly ok: true; readonly claims: AccessTokenClaims; readonly kid: string }
  | { readonly ok: false; readonly reason: TokenRefusal };

/** Finds the public key of a `kid`; undefined when no such key was ever published. */
export type FindVerificationKey = (kid: string) => Promise<CryptoKey | KeyObject | Uint8Array | undefined>;

export interface VerificationRules {
  readonly issuer: string;
  /** The one audience this verifier is; compared exactly (RFC 8725 §3.9). */
  readonly audience: string;
  readonly findKey: FindVerificationKey;
  readonly clock: Clock;
}

/**
 * Verifies an access token: form, header, signature, issuer, audience, times, claims (RFC 9068 §4, RFC 8725).
 * Never throws for a bad token; rejects only when `findKey` does, which means the keys could not be had (503).
 */
export async function verifyAccessToken(token: string, rules: VerificationRules): Promise<TokenVerification> {
  const kid = readHeader(token);
  if (typeof kid !== 'string') return refuse(kid.reason);
  const key = await rules.findKey(kid);
  if (key === undefined) return refuse('key_unknown');
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [SIGNING_ALGORITHM],
      typ: ACCESS_TOKEN_TYPE,
      issuer: rules.issuer,
      audience: rules.audience,
      clockTolerance: CLOCK_LEEWAY_SECONDS,
      currentDate: new Date(rules.clock.now()),
      requiredClaims: ['exp', 'iat'],
    });
    return checkClaims({ payload, kid }, rules);
  } catch (error) {
    return refuse(reasonOf(error));
  }
}

const header = z.strictObject({
  alg: z.literal(SIGNING_ALGORITHM),
  typ: z.literal(ACCESS_TOKEN_TYPE),
  kid: z.string().min(1).max(128),
});

/** The `kid`, or why the token is not worth looking up a key. */
function readHeader(token: string): string | { reason: TokenRefusal } {
  const segments = token.length > MAX_TOKEN_CHARACTERS ? null : SEGMENTS.exec(token);
  if (segments === null) return { reason: 'malformed' };
  const [, encodedHeader = '', , signature = ''] = segments;
  // A signature with stray trailing bits decodes to the same bytes: one token would have several spellings.
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) return { reason: 'malformed' };
  // Any other member (`jku`, `x5u`, `jwk`, `crit`, `b64`…) would let a token choose how it is verified
  // (RFC 8725 §3.10).
  const parsed = header.safeParse(parseJson(Buffer.from(encodedHeader, 'base64url').toString('utf8')));
  return parsed.success ? parsed.data.kid : { reason: 'header_refused' };
}

function checkClaims(
  { payload, kid }: { payload: unknown; kid: string },
  rules: VerificationRules,
): TokenVerification {
  const parsed = accessTokenClaims.safeParse(payload);
  if (!parsed.success) return refuse('claims');
  const claims = parsed.data;
  // jose accepts a list that contains us; a token for several audiences is not one we issue.
  if (claims.aud !== rules.audience || claims.iss !== rules.issuer) return refuse('audience');
  if (claims.exp - claims.iat > MAX_LIFETIME_SECONDS || claims.exp <= claims.iat) return refuse('lifetime');
  if (claims.iat * 1000 > rules.clock.now() + CLOCK_LEEWAY_SECONDS * 1000) return refuse('not_yet_valid');
  return { ok: true, claims, kid };
}

function reasonOf(error: unknown): TokenRefusal {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return 'issuer';
    if (error.claim === 'aud') return 'audience';
    return error.claim === 'nbf' ? 'not_yet_valid' : 'claims';
  }
  return error instanceof errors.JWSSignatureVerificationFailed ? 'signature' : 'malformed';
}

function refuse(reason: TokenRefusal): TokenVerification {
  return { ok: false, reason };
}
