import type { Request, RequestHandler } from 'express';
import type { Clock } from '../../shared/clock.ts';
import type { ApiCaller } from './api-caller.ts';
import type { SimulatorState } from './state.ts';

const HOUR_MS = 3_600_000;
const UNAUTHENTICATED_PER_HOUR = 60;

export interface RateLimit {
  /** Counts a request and refuses it when the hour's budget is spent. */
  readonly count: RequestHandler;
  /** The state of the caller's bucket, without counting. */
  read(request: Request): { limit: number; used: number; remaining: number; reset: number };
}

export interface RateLimitDeps {
  readonly state: SimulatorState;
  readonly clock: Clock;
  readonly caller: (request: Request) => ApiCaller | undefined;
  readonly perHour: number;
}

/** The primary limit: per user with a token, per machine without. */
export function createRateLimit({ state, clock, caller, perHour }: RateLimitDeps): RateLimit {
  const bucket = (request: Request) => {
    const key = String(caller(request)?.user.id ?? 'unauthenticated');
    const held = state.rates.get(key);
    if (held !== undefined && clock.now() < held.resetAt) return held;
    const fresh = { used: 0, resetAt: clock.now() + HOUR_MS };
    state.rates.set(key, fresh);
    return fresh;
  };
  const read: RateLimit['read'] = (request) => {
    const limit = caller(request) === undefined ? UNAUTHENTICATED_PER_HOUR : perHour;
    const { used, resetAt } = bucket(request);
    return { limit, used, remaining: Math.max(0, limit - used), reset: Math.ceil(resetAt / 1000) };
  };
  return {
    read,
    count: (request, response, next) => {
      const spent = read(request).remaining === 0;
      if (!spent) bucket(request).used += 1;
      const { limit, used, remaining, reset } = read(request);
      response.set({
        'x-ratelimit-limit': String(limit),
        'x-ratelimit-remaining': String(remaining),
        'x-ratelimit-used': String(used),
        'x-ratelimit-reset': String(reset),
        'x-ratelimit-resource': 'core',
      });
      if (!spent) next();
      else
        response
          .status(403)
          .json({ message: exceeded(caller(request)), documentation_url: DOCS, status: '403' });
    },
  };
}

const DOCS = 'https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api';

function exceeded(caller: ApiCaller | undefined): string {
  return caller === undefined
    ? 'API rate limit exceeded for 127.0.0.1.'
    : `API rate limit exceeded for user ID ${String(caller.user.id)}.`;
}
