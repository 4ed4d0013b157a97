import type { Request, RequestHandler, Response } from 'express';
import type { Clock } from '../../shared/clock.ts';
import type { ApiCaller } from './api-caller.ts';
import type { SimulatorState } from './state.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const UNAUTHENTICATED_PER_HOUR = 60;
const SEARCHES_PER_MINUTE = 30;
const CODE_SEARCHES_PER_MINUTE = 10;

export type RateResource = 'core' | 'search' | 'code_search';

export interface RateReading {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** Seconds since the epoch. */
  readonly reset: number;
}

export interface RateLimit {
  /** Counts a request and refuses it when the bucket's budget is spent. */
  count(resource: RateResource): RequestHandler;
  /** Takes a counted request back, for an answer that costs nothing. */
  refund(request: Request, response: Response): void;
  /** The state of the caller's bucket, without counting. */
  read(request: Request, resource: RateResource): RateReading;
}

export interface RateLimitDeps {
  readonly state: SimulatorState;
  readonly clock: Clock;
  readonly caller: (request: Request) => ApiCaller | undefined;
  readonly perHour: number;
}

/** The primary limits: per user with a token, per machine without. */
export function createRateLimit(deps: RateLimitDeps): RateLimit {
  const { caller } = deps;
  const bucket = (request: Request, resource: RateResource) => bucketOf(deps, request, resource);
  const read: RateLimit['read'] = (request, resource) => {
    const limit = limitOf(resource, caller(request) !== undefined, deps.perHour);
    const { used, resetAt } = bucket(request, resource);
    return { limit, used, remaining: Math.max(0, limit - used), reset: Math.ceil(resetAt / 1000) };
  };
  if (!deps.state.profile.limits) {
    return {
      read,
      count: () => (_request, _response, next) => {
        next();
      },
      refund: () => undefined,
    };
  }
  return {
    read,
    count: (resource) => (request, response, next) => {
      const spent = read(request, resource).remaining === 0;
      if (!spent) bucket(request, resource).used += 1;
      setHeaders(response, resource, read(request, resource));
      if (!spent) next();
      else refuse(response, caller(request));
    },
    refund: (request, response) => {
      const held = bucket(request, 'core');
      held.used = Math.max(0, held.used - 1);
      setHeaders(response, 'core', read(request, 'core'));
    },
  };
}

function bucketOf({ state, clock, caller }: RateLimitDeps, request: Request, resource: RateResource) {
  const key = `${resource} ${String(caller(request)?.user.id ?? 'unauthenticated')}`;
  const held = state.rates.get(key);
  if (held !== undefined && clock.now() < held.resetAt) return held;
  const fresh = { used: 0, resetAt: clock.now() + (resource === 'core' ? HOUR_MS : MINUTE_MS) };
  state.rates.set(key, fresh);
  return fresh;
}

function limitOf(resource: RateResource, isAuthenticated: boolean, perHour: number): number {
  if (resource === 'code_search') return CODE_SEARCHES_PER_MINUTE;
  if (resource === 'search') return SEARCHES_PER_MINUTE;
  return isAuthenticated ? perHour : UNAUTHENTICATED_PER_HOUR;
}

function setHeaders(response: Response, resource: RateResource, reading: RateReading): void {
  response.set({
    'x-ratelimit-limit': String(reading.limit),
    'x-ratelimit-remaining': String(reading.remaining),
    'x-ratelimit-used': String(reading.used),
    'x-ratelimit-reset': String(reading.reset),
    'x-ratelimit-resource': resource,
  });
}

const DOCS = 'https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api';

function refuse(response: Response, caller: ApiCaller | undefined): void {
  const whose = caller === undefined ? '127.0.0.1' : `user ID ${String(caller.user.id)}`;
  const message = `API rate limit exceeded for ${whose}.`;
  response.status(403).json({ message, documentation_url: DOCS, status: '403' });
}
