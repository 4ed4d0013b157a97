import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import type { EventBus } from '../../shared/ops/index.ts';
import { requestIdOf } from './request-id.ts';
import { routeOf } from './route-labels.ts';

/** Watches a request until it is over. */
export type ObserveRequest = (
  req: IncomingMessage,
  res: ServerResponse,
  of: { readonly path: string; readonly clientAddress: string },
) => void;

/** One event and one log line per request, when it is over; the path itself may hold codes and is never logged. */
export function observeRequests(deps: { events: EventBus; logger: Logger; clock: Clock }): ObserveRequest {
  return (req, res, { path, clientAddress }) => {
    const startedAt = deps.clock.now();
    const route = routeOf(path);
    res.once('close', () => {
      const durationSeconds = (deps.clock.now() - startedAt) / 1000;
      const { method = '' } = req;
      const status = res.statusCode;
      const requestId = requestIdOf(res);
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
  };
}
