import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';

const WINDOW_MS = 60 * 60_000;

/**
 * At most `limit` registrations an hour from one address (IPv6: one /56 network), counted by each gateway for itself,
 * refused ones included. A client needs one registration for months; anybody may send one, and each is kept for days:
 * without a limit one machine fills the store.
 *
 * Runs before forwarded headers are pinned: the address is the one TRUSTED_PROXIES vouch for.
 */
export function limitRegistrations(limit: number): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // Its warnings about proxies go to the console, on every start that has no load balancer.
    validate: false,
    handler: (_req, res) => {
      res.status(429).set('cache-control', 'no-store').json({
        error: 'temporarily_unavailable',
        error_description: 'too many registrations from this address; try again later',
      });
    },
  });
}
