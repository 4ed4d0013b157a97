import { randomBytes } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Clock } from '../../shared/clock.ts';
import { countBadCredential, isLockedOut, suspectOf } from './lockout.ts';
import { fullVersion } from './profile.ts';
import { authorizationOf } from './request.ts';
import type { SimulatedUser, SimulatorState, TokenRecord } from './state.ts';
import { findAccessToken, isGitHubAppToken } from './tokens.ts';

/** Who calls the API with a token. */
export interface ApiCaller {
  readonly user: SimulatedUser;
  readonly record: TokenRecord;
}

export interface ApiGate {
  /** Refuses what GitHub refuses before any route: no User-Agent, unknown version, bad token, suspended user. */
  readonly check: RequestHandler;
  caller(request: Request): ApiCaller | undefined;
}

const API_VERSIONS = new Set(['2022-11-28', '2026-03-10']);
const LOCKED_OUT = 'Maximum number of login attempts exceeded. Please try again later.';
const DOCS = 'https://docs.github.com/rest';

export function createApiGate(state: SimulatorState, clock: Clock): ApiGate {
  const callers = new WeakMap<Request, ApiCaller>();
  return {
    check: (request, response, next) => {
      setCommonHeaders(response, state, clock);
      const refusal = protocolRefusal(request) ?? identify(state, clock, { request, response, callers });
      if (refusal === undefined) next();
      else sendRefusal(response, refusal);
    },
    caller: (request) => callers.get(request),
  };
}

interface Refusal {
  readonly status: 400 | 401 | 403;
  readonly message: string;
}

function setCommonHeaders(response: Response, { profile }: SimulatorState, clock: Clock): void {
  const id = randomBytes(16).toString('hex').toUpperCase();
  response.set({
    date: new Date(clock.now()).toUTCString(),
    'x-github-request-id': `${id.slice(0, 4)}:${id.slice(4, 10)}:${id.slice(10, 16)}:${id.slice(16, 24)}`,
    'x-github-api-version-selected': '2022-11-28',
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-store',
    server: 'github-simulator',
  });
  if (profile.version !== undefined) {
    response.set('x-github-enterprise-version', `enterprise-server@${fullVersion(profile.version)}`);
  }
}

function protocolRefusal(request: Request): Refusal | undefined {
  if ((request.headers['user-agent'] ?? '') === '') {
    return {
      status: 403,
      message:
        'Request forbidden by administrative rules. Please make sure your request has a User-Agent header',
    };
  }
  const version = request.headers['x-github-api-version'];
  if (version === undefined || (typeof version === 'string' && API_VERSIONS.has(version))) return undefined;
  return { status: 400, message: 'Unsupported API version' };
}

interface Identification {
  readonly request: Request;
  readonly response: Response;
  readonly callers: WeakMap<Request, ApiCaller>;
}

function identify(
  state: SimulatorState,
  clock: Clock,
  { request, response, callers }: Identification,
): Refusal | undefined {
  // Apps authenticate with Basic, at `/applications/…` only; their routes check it.
  if (request.path.startsWith('/applications/') || request.headers.authorization === undefined) {
    return undefined;
  }
  const authorization = authorizationOf(request);
  const isToken = authorization?.scheme === 'bearer' || authorization?.scheme === 'token';
  const caller = findCaller(state, isToken ? authorization.credential : '', clock.now());
  if ('status' in caller) return caller;
  callers.set(request, caller);
  if (!isGitHubAppToken(caller.record)) {
    response.set({ 'x-oauth-scopes': caller.record.scopes.join(', '), 'x-accepted-oauth-scopes': '' });
    response.set('x-oauth-client-id', caller.record.clientId);
  }
  return undefined;
}

function findCaller(state: SimulatorState, accessToken: string, now: number): ApiCaller | Refusal {
  const suspect = suspectOf(state, accessToken);
  if (isLockedOut(state, suspect, now)) return { status: 403, message: LOCKED_OUT };
  const record = findAccessToken(state, accessToken, now);
  const user = record && state.users.get(record.userId);
  if (record === undefined || user === undefined) {
    countBadCredential(state, suspect, now);
    return { status: 401, message: 'Bad credentials' };
  }
  return user.suspended ? { status: 403, message: 'Sorry. Your account was suspended' } : { user, record };
}

function sendRefusal(response: Response, { status, message }: Refusal): void {
  response.status(status).json({ message, documentation_url: DOCS, status: String(status) });
}
