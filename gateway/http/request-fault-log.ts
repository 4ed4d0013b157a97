import type { Request } from 'express';
import type { Logger } from '../../shared/logger.ts';
import { requestIdOf } from './request-id.ts';

/** Logs faults of ours that a request met, under one message and the request's id. */
export function requestFaultLog(logger: Logger, message: string): (error: unknown, req: Request) => void {
  return (err, req) => {
    logger.error({ err, requestId: req.res && requestIdOf(req.res) }, message);
  };
}
