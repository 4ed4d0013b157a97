import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { GATEWAY_CONTEXT_HEADER } from '../../shared/gateway-context/index.ts';

/** Request headers a worker gets from the client; every other one stays here. */
const FORWARDED_REQUEST = ['mcp-protocol-version', 'mcp-method', 'mcp-name', 'traceparent', 'tracestate'];
const PARAMETER_PREFIX = 'mcp-param-';

/** Answer headers a client gets from a worker: no cookies, no banners, no redirects, no CORS of the worker's. */
const FORWARDED_RESPONSE = [
  'content-type',
  'content-length',
  'mcp-protocol-version',
  'x-accel-buffering',
  'allow',
  'retry-after',
];

/**
 * The request head for a worker as undici's flat list. Built from an allow list: whatever a client invents
 * (`X-Gw-…`, `X-Forwarded-…`, in any spelling) has nowhere to pass.
 */
export function workerRequestHeaders(
  received: IncomingHttpHeaders,
  own: { authorization: string; context: string; requestId: string; isJsonOnly: boolean },
): string[] {
  const list = [
    'content-type',
    'application/json',
    // Clients that send no Accept, or `*/*`, take both forms.
    'accept',
    own.isJsonOnly ? 'application/json' : 'application/json, text/event-stream',
    'authorization',
    own.authorization,
    GATEWAY_CONTEXT_HEADER,
    own.context,
    'x-request-id',
    own.requestId,
  ];
  for (const name of FORWARDED_REQUEST) {
    const value = received[name];
    if (typeof value === 'string') list.push(name, value);
  }
  for (const [name, value] of Object.entries(received)) {
    if (name.startsWith(PARAMETER_PREFIX) && typeof value === 'string') list.push(name, value);
  }
  return list;
}

export function clientResponseHeaders(
  received: Readonly<Record<string, string | string[] | undefined>>,
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  for (const name of FORWARDED_RESPONSE) {
    const value = received[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}
