import type { RequestHandler } from 'express';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import type { EventBus } from '../../shared/ops/index.ts';
import { requestIdOf } from './request-id.ts';
import { routeOf } from './route-labels.ts';

/** One event and one log line per request, when it is over; the path itself may hold codes and is never logged. */
export function observeRequests(deps: { events: EventBus; logger: Logger; clock: Clock }): RequestHandler {
  return (req, res, next) => {
    const startedAt = deps.clock.now();
    const route = routeOf(req.path);
    const clientAddress = req.ip;
    res.once('close', () => {
      const durationSeconds = (deps.clock.now() - startedAt) / 1000;
      const { method } = req;
      const status = res.statusCode;
      const requestId = requestIdOf(req);
      deps.events.emit({ type: 'http.request.finished', method, route, status, durationSeconds, requestId });
      const fields = {
        requestId,
        clientAddress,
        method,
        route,
        status,
        durationMs: Math.round(durationSeconds * 1000),
      };
      deps.logger.info(res.writableFinished ? fields : { ...fields, cut: true }, 'request');
    });
    next();
  };
}
