import express from 'express';
import type { Request, RequestHandler } from 'express';

/** Keeps every body as bytes: the journal searches it before a route reads it. */
export const readRawBody: RequestHandler = express.raw({ type: () => true, limit: '64kb' });

export function rawBody(request: Request): string {
  const body: unknown = request.body;
  return Buffer.isBuffer(body) ? body.toString('utf8') : '';
}

export function queryOf(request: Request): URLSearchParams {
  return new URL(request.originalUrl, 'http://simulator').searchParams;
}

/** Parameters of a request, each at most once; undefined when one repeats or the body cannot be read. */
export function singleParameters(parameters: URLSearchParams): Map<string, string> | undefined {
  const names = [...parameters.keys()];
  return new Set(names).size === names.length ? new Map(parameters) : undefined;
}

/** Query and body together; undefined when a name is given twice or the body is neither form nor JSON. */
export function allParameters(request: Request): ReadonlyMap<string, string> | undefined {
  const body = bodyParameters(request);
  return body === undefined
    ? undefined
    : singleParameters(new URLSearchParams([...queryOf(request), ...body]));
}

/** Form or JSON body as parameters; undefined when it is neither. */
export function bodyParameters(request: Request): URLSearchParams | undefined {
  const text = rawBody(request);
  if (text === '') return new URLSearchParams();
  if (request.is('application/x-www-form-urlencoded') !== false) return new URLSearchParams(text);
  const json = jsonBody(request);
  if (json === undefined) return undefined;
  const strings = Object.entries(json).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return new URLSearchParams(strings);
}

export function jsonBody(request: Request): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(rawBody(request));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}

/** The scheme and the credential of an Authorization header. */
export function authorizationOf(request: Request): { scheme: string; credential: string } | undefined {
  const match = /^([A-Za-z]+) +(\S+)$/.exec(request.headers.authorization ?? '');
  return match?.[1] === undefined || match[2] === undefined
    ? undefined
    : { scheme: match[1].toLowerCase(), credential: match[2] };
}

/** User name and password of Basic authentication (RFC 7617 §2). */
export function basicOf(request: Request): { id: string; secret: string } | undefined {
  const authorization = authorizationOf(request);
  if (authorization?.scheme !== 'basic') return undefined;
  const text = Buffer.from(authorization.credential, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { id: text.slice(0, colon), secret: text.slice(colon + 1) };
}
