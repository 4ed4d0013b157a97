import { Router } from 'express';
import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Clock } from '../../shared/clock.ts';
import type { Store } from '../../shared/store/index.ts';
import { messagePage, PAGE_HEADERS } from '../pages/index.ts';
import { createAddressCounts } from './address-counts.ts';
import { ROUTES } from '../http/index.ts';

const MINUTE_MS = 60_000;
/** In ten minutes, from one address. */
const WRONG_USER_CODES = 10;

interface Limit {
  readonly name: string;
  readonly windowMs: number;
  readonly limit: number;
  /** Counts only requests that were answered with an error. */
  readonly skipSuccessfulRequests?: boolean;
}

/** What one address may ask for over all gateways, refused requests included. */
export interface AddressLimits {
  readonly registrationsPerHour: number;
  readonly authorizationsPerMinute: number;
  readonly tokenRequestsPerMinute: number;
}

/**
 * Limits by address (IPv6: one /56 network), RFC 6585 §4. A client needs one registration for months; anybody may send
 * one, and each is kept for days: without a limit one machine fills the store. Every authorization request writes, and
 * may make us fetch a document from a client id never seen before. Token requests cost signatures and let codes, secrets
 * and user codes be guessed at.
 *
 * Runs before forwarded headers are pinned: the address is the one TRUSTED_PROXIES vouch for.
 */
export function limitAddresses(
  limits: AddressLimits,
  { store, clock }: { readonly store: Pick<Store, 'addToCounter'>; readonly clock: Clock },
): { readonly routes: Router; readonly close: () => void } {
  const closers: (() => void)[] = [];
  const limit = (of: Limit, handler: RequestHandler): RequestHandler => {
    const { name, windowMs, limit: most, skipSuccessfulRequests = false } = of;
    const counts = createAddressCounts({ store, clock, name, windowMs, limit: most });
    closers.push(counts.close);
    // Its warnings about proxies go to the console, on every start that has no load balancer.
    return rateLimit({
      windowMs,
      limit: most,
      skipSuccessfulRequests,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      validate: false,
      handler,
      store: counts,
    });
  };
  const router = Router({ caseSensitive: true, strict: true });
  router.post(
    ROUTES.registration,
    limit(
      { name: 'registration', windowMs: 60 * MINUTE_MS, limit: limits.registrationsPerHour },
      refuseRequest,
    ),
  );
  router.use(
    [ROUTES.authorization, ROUTES.interaction, ROUTES.device, ROUTES.account],
    limit(
      { name: 'authorization', windowMs: MINUTE_MS, limit: limits.authorizationsPerMinute },
      refuseBrowser,
    ),
  );
  router.post(
    [ROUTES.token, ROUTES.revocation],
    limit({ name: 'token', windowMs: MINUTE_MS, limit: limits.tokenRequestsPerMinute }, refuseRequest),
  );
  // Each is kept for minutes, as an authorization request is.
  router.post(
    ROUTES.deviceAuthorization,
    limit({ name: 'device', windowMs: MINUTE_MS, limit: limits.authorizationsPerMinute }, refuseRequest),
  );
  // A user code has 34 bits: guessing is hopeless as long as few guesses are allowed (RFC 8628 §5.1).
  router.post(
    ROUTES.device,
    limit(
      { name: 'user-code', windowMs: 10 * MINUTE_MS, limit: WRONG_USER_CODES, skipSuccessfulRequests: true },
      refuseBrowser,
    ),
  );
  return {
    routes: router,
    close: () => {
      for (const close of closers) close();
    },
  };
}

const refuseRequest: RequestHandler = (_req, res) => {
  res.status(429).set('cache-control', 'no-store').json({
    error: 'temporarily_unavailable',
    error_description: 'too many requests from this address; try again later',
  });
};

const refuseBrowser: RequestHandler = (_req, res) => {
  res.status(429).set(PAGE_HEADERS);
  res.send(
    messagePage({
      title: 'Too many sign-ins at once',
      explanation: 'This network address has asked for more than we answer in a short time.',
      next: 'Wait a few minutes and start again from the application.',
    }),
  );
};
