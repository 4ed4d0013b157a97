import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';

const HEADER = 'x-request-id';

/** Names a request; made here, never taken from a client, so that two log lines with one name are one request. */
export const assignRequestId: RequestHandler = (_req, res, next) => {
  res.setHeader(HEADER, randomUUID());
  next();
};

export function requestIdOf(req: Request): string {
  const value = req.res?.getHeader(HEADER);
  return typeof value === 'string' ? value : '';
}
