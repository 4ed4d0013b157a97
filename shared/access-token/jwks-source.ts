import { importJWK } from 'jose';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { SIGNING_ALGORITHM } from './claims.ts';
import type { FindVerificationKey } from './verify-access-token.ts';

const FRESH_MS = 5 * 60_000;
/** An unknown `kid` may mean a new key; asking more often than this would let forged tokens drive our traffic. */
const REFETCH_PAUSE_MS = 30_000;
/** Known keys go on verifying this long while the JWKS cannot be fetched. */
const STALE_MS = 24 * 60 * 60_000;

const jwks = z.object({
  keys: z.array(
    z.looseObject({
      kty: z.literal('EC'),
      crv: z.literal('P-256'),
      kid: z.string().min(1).max(128),
      x: z.string(),
      y: z.string(),
    }),
  ),
});

type VerificationKey = Exclude<Awaited<ReturnType<FindVerificationKey>>, undefined>;

/** The verification keys could not be had and none are cached: the caller answers 503, never 401. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}

/**
 * Finds verification keys in a remote JWKS (RFC 7517). Fresh for 5 minutes; refetched for an unknown `kid` at
 * most every 30 s; a failing fetch leaves known keys valid for 24 h; concurrent callers share one fetch.
 * `fetchJwks` must itself bound time and size.
 * @throws KeysUnavailableError when nothing usable is cached and the fetch fails.
 */
export function createJwksSource(deps: {
  fetchJwks: () => Promise<unknown>;
  clock: Clock;
  /** Calls back when the keys are known to have changed: the next unknown `kid` is asked for at once. */
  onChange?: (listener: () => void) => void;
}): FindVerificationKey {
  const { clock } = deps;
  let known = new Map<string, VerificationKey>();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<void> | undefined;

  deps.onChange?.(() => {
    triedAt = Number.NEGATIVE_INFINITY;
  });
  const refresh = async () => {
    triedAt = clock.now();
    const parsed = jwks.parse(await deps.fetchJwks());
    known = new Map(
      await Promise.all(
        parsed.keys.map(async (key) => [key.kid, await importJWK({ ...key }, SIGNING_ALGORITHM)] as const),
      ),
    );
    fetchedAt = clock.now();
  };
  const refreshOnce = async () => {
    pending ??= refresh().finally(() => {
      pending = undefined;
    });
    await pending;
  };

  return async (kid) => {
    const now = clock.now();
    const isDue = now - fetchedAt > FRESH_MS || !known.has(kid);
    if (isDue && (pending !== undefined || now - triedAt > REFETCH_PAUSE_MS)) {
      try {
        await refreshOnce();
      } catch (error) {
        if (now - fetchedAt > STALE_MS)
          throw new KeysUnavailableError('the JWKS could not be fetched', { cause: error });
      }
    } else if (now - fetchedAt > STALE_MS) {
      throw new KeysUnavailableError('the JWKS could not be fetched');
    }
    return known.get(kid);
  };
}
