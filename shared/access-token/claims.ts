import { z } from 'zod';

/** Claims of our access tokens: RFC 9068 §2.2 and what a worker needs to reach the right credential. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly client_id: string;
  /** Space separated; may be empty. */
  readonly scope: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly nbf?: number | undefined;
  /** Grant id: what revocation ends. */
  readonly gid: string;
  /** Handle of the upstream credential. */
  readonly cred: string;
  /** The credential's version at issue. */
  readonly cv: number;
  /** The refresh generation it was issued with, and how often its answer was given again; 0 with a code. */
  readonly gen?: number | undefined;
  readonly late?: number | undefined;
  /** Policy groups matched at issue. */
  readonly grp?: readonly string[] | undefined;
}

export const accessTokenClaims: z.ZodType<AccessTokenClaims> = z.object({
  iss: z.string(),
  sub: z.string().min(1),
  aud: z.string(),
  client_id: z.string().min(1),
  scope: z.string(),
  jti: z.string().min(1),
  iat: z.int(),
  exp: z.int(),
  nbf: z.int().optional(),
  gid: z.string().min(1),
  cred: z.string().min(1),
  cv: z.int(),
  gen: z.int().nonnegative().optional(),
  late: z.int().nonnegative().optional(),
  grp: z.array(z.string()).optional(),
});

/** The only algorithm that is signed and accepted; never taken from a token's header (RFC 8725 §3.1). */
export const SIGNING_ALGORITHM = 'ES256';

/** `typ` of RFC 9068 §2.1: an ID token or any other JWT of ours is not an access token. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/** Accepted clock difference between issuer and verifier, in seconds. */
export const CLOCK_LEEWAY_SECONDS = 30;
