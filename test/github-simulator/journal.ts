import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Clock } from '../../shared/clock.ts';
import { authorizationOf, basicOf, bodyParameters, queryOf, rawBody } from './request.ts';

/** One request as the simulator may show it: no secret in clear. */
export interface JournalEntry {
  readonly at: number;
  readonly host: 'web' | 'api';
  readonly method: string;
  readonly path: string;
  readonly queryKeys: readonly string[];
  /** Null while unanswered, and for good when the connection was cut before the headers. */
  readonly status: number | null;
  /** First 16 hex digits of SHA-256 over the presented token. */
  readonly tokenFingerprint: string | null;
  readonly authScheme: string | null;
}

export interface Sighting {
  readonly at: number;
  readonly host: 'web' | 'api';
  readonly method: string;
  readonly path: string;
  readonly place: 'target' | 'headers' | 'body' | 'basic';
}

export interface Journal {
  readonly record: (host: 'web' | 'api') => RequestHandler;
  entries(): JournalEntry[];
  /** Where a secret was ever received, in any part of a request. */
  sightings(secret: string): Sighting[];
  clear(): void;
}

interface Kept {
  readonly entry: Omit<JournalEntry, 'status'>;
  /** Searched, never shown. */
  readonly haystacks: Readonly<Record<Sighting['place'], string>>;
  response: Response | undefined;
  status: number | null;
}

/** Bounds the memory of a long-running simulator; far above what a test sends. */
const KEPT_REQUESTS = 10_000;

export function createJournal(clock: Clock): Journal {
  let kept: Kept[] = [];
  return {
    record: (host) => (request, response, next) => {
      kept.push(keep(request, response, { at: clock.now(), host }));
      if (kept.length > KEPT_REQUESTS) kept = kept.slice(-KEPT_REQUESTS / 2);
      next();
    },
    entries: () => kept.map((item) => ({ ...item.entry, status: statusOf(item) })),
    sightings: (secret) => kept.flatMap((item) => sightingsIn(item, secret)),
    clear: () => {
      kept = [];
    },
  };
}

export function fingerprint(secret: string): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, 16);
}

function keep(request: Request, response: Response, seen: { at: number; host: 'web' | 'api' }): Kept {
  const basic = basicOf(request);
  const token = presentedToken(request);
  const item: Kept = {
    entry: {
      ...seen,
      method: request.method,
      path: request.path,
      queryKeys: [...new Set(queryOf(request).keys())],
      tokenFingerprint: token === undefined ? null : fingerprint(token),
      authScheme: authorizationOf(request)?.scheme ?? null,
    },
    haystacks: {
      target: `${request.originalUrl}\n${[...queryOf(request).values()].join('\n')}`,
      headers: request.rawHeaders.join('\n'),
      body: `${rawBody(request)}\n${[...(bodyParameters(request)?.values() ?? [])].join('\n')}`,
      basic: basic === undefined ? '' : `${basic.id}\n${basic.secret}`,
    },
    response,
    status: null,
  };
  response.on('close', () => {
    item.status = statusOf(item);
    item.response = undefined;
  });
  return item;
}

// Read from the response itself while it is open: a client may ask before its `close` event.
function statusOf({ response, status }: Kept): number | null {
  if (response === undefined) return status;
  return response.headersSent ? response.statusCode : null;
}

function presentedToken(request: Request): string | undefined {
  const authorization = authorizationOf(request);
  if (authorization !== undefined && authorization.scheme !== 'basic') return authorization.credential;
  const parameters = bodyParameters(request);
  return parameters?.get('access_token') ?? parameters?.get('refresh_token') ?? undefined;
}

function sightingsIn({ entry, haystacks }: Kept, secret: string): Sighting[] {
  const { at, host, method, path } = entry;
  const places = ['target', 'headers', 'body', 'basic'] as const;
  return places
    .filter((place) => haystacks[place].includes(secret))
    .map((place) => ({ at, host, method, path, place }));
}
