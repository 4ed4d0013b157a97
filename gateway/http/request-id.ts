import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

const HEADER = 'x-request-id';

/** Names a request; made here, never taken from a client, so that two log lines with one name are one request. */
export function assignRequestId(res: ServerResponse): void {
  res.setHeader(HEADER, randomUUID());
}

/** The name of the request that is answered here. */
export function requestIdOf(res: ServerResponse): string {
  const value = res.getHeader(HEADER);
  return typeof value === 'string' ? value : '';
}
