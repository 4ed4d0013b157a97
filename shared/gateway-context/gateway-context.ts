import { jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { epochSeconds } from '../clock.ts';
import type { OverlappingSecret } from '../secrets/index.ts';

/** Header by which a worker asks for more scope before the first byte of its answer; it never leaves the gateway. */
export const REQUIRED_SCOPES_HEADER = 'x-gw-required-scopes';

/** Header that carries the context from gateway to worker; clients' values never pass the gateway. */
export const GATEWAY_CONTEXT_HEADER = 'x-gw-context';

const ALGORITHM = 'HS256';
const TYPE = 'gateway-context+jwt';
const MAX_AGE_SECONDS = 60;
/** A context is made anew at half its life, so that one in flight is never close to its end. */
const RENEW_AFTER_SECONDS = 30;
/** Accepted clock difference between gateway and worker. */
const LEEWAY_SECONDS = 30;
const MAX_CACHED = 10_000;

/** What a gateway tells a worker about an admitted call. A client's token alone opens no worker. */
export interface GatewayContext {
  /** The grant of the access token this context was made for. */
  readonly gid: string;
  /** Tools the caller may list and call; `*` = all. */
  readonly tools: readonly string[];
  /** Scopes for which the worker may ask the client to step up; absent = none. */
  readonly stepUp?: readonly string[] | undefined;
}

const contextClaims = z.object({
  gid: z.string().min(1),
  tools: z.array(z.string()),
  stepUp: z.array(z.string()).optional(),
  iat: z.int(),
  exp: z.int(),
});

/** Signs contexts, one per `cacheKey` (all that the context says) and half minute, so that a call costs no signature. */
export function createGatewayContextSigner(deps: {
  secret: Pick<OverlappingSecret, 'current'>;
  clock: Clock;
}) {
  const signed = new LRUCache<string, SignedContext>({ max: MAX_CACHED });
  return async (cacheKey: string, context: GatewayContext): Promise<string> => {
    const now = epochSeconds(deps.clock);
    const secret = deps.secret.current;
    const known = signed.get(cacheKey);
    if (known?.secret === secret && now < known.renewAt) return await known.text;
    const text = new SignJWT({
      gid: context.gid,
      tools: [...context.tools],
      ...(context.stepUp === undefined ? {} : { stepUp: [...context.stepUp] }),
    })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setIssuedAt(now)
      .setExpirationTime(now + MAX_AGE_SECONDS)
      .sign(bytesOf(secret));
    signed.set(cacheKey, { text, secret, renewAt: now + RENEW_AFTER_SECONDS });
    return await text;
  };
}

interface SignedContext {
  readonly text: Promise<string>;
  readonly secret: string;
  readonly renewAt: number;
}

/**
 * Verifies a context: signature under any accepted key, type, at most 60 s old. Undefined when it does not hold, for
 * whatever reason.
 */
export function createGatewayContextVerifier(deps: {
  secret: Pick<OverlappingSecret, 'accepted' | 'lookAgain'>;
  clock: Clock;
}) {
  const { secret, clock } = deps;
  const verified = new LRUCache<string, z.infer<typeof contextClaims>>({ max: MAX_CACHED });
  return async (text: string): Promise<GatewayContext | undefined> => {
    const now = epochSeconds(clock);
    const known = verified.get(text);
    if (known !== undefined) return known.exp + LEEWAY_SECONDS > now ? known : undefined;
    const claims =
      (await verifyWithAny(text, secret.accepted(), clock)) ??
      (secret.lookAgain() ? await verifyWithAny(text, secret.accepted(), clock) : undefined);
    if (claims !== undefined) verified.set(text, claims);
    return claims;
  };
}

async function verifyWithAny(text: string, secrets: readonly string[], clock: Clock) {
  for (const secret of secrets) {
    const claims = await verifyWith(text, secret, clock);
    if (claims !== undefined) return claims;
  }
  return undefined;
}

async function verifyWith(text: string, secret: string, clock: Clock) {
  try {
    const { payload } = await jwtVerify(text, bytesOf(secret), {
      algorithms: [ALGORITHM],
      typ: TYPE,
      currentDate: new Date(clock.now()),
      clockTolerance: LEEWAY_SECONDS,
    });
    const claims = contextClaims.parse(payload);
    return claims.exp - claims.iat > MAX_AGE_SECONDS ? undefined : claims;
  } catch {
    return undefined;
  }
}

/** The text itself is the key, as it always was: decoding it would end what the other side makes meanwhile. */
function bytesOf(secret: string): Uint8Array {
  return Buffer.from(secret, 'utf8');
}

export type GatewayContextSigner = ReturnType<typeof createGatewayContextSigner>;
export type GatewayContextVerifier = ReturnType<typeof createGatewayContextVerifier>;
