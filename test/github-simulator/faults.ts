import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';

const match = z.strictObject({
  host: z.enum(['web', 'api']).optional(),
  method: z.string().optional(),
  pathPrefix: z.string().optional(),
});
const times = z.int().min(1).default(1);
const headers = z.record(z.string(), z.string()).default({});

/** One thing that goes wrong for the next `times` matching requests. */
export const faultSchema = z.discriminatedUnion('action', [
  /** Answers this status with a JSON body instead of doing anything. */
  z.strictObject({
    action: z.literal('status'),
    match,
    times,
    status: z.int().min(200).max(599),
    headers,
    json: z.unknown().optional(),
  }),
  /** Waits before acting, or acts and then waits: the client cannot know whether it happened. */
  z.strictObject({
    action: z.literal('delay'),
    match,
    times,
    delayMs: z.int().min(1).max(600_000),
    when: z.enum(['before', 'after']).default('before'),
  }),
  /** Cuts the connection without acting. */
  z.strictObject({ action: z.literal('reset'), match, times }),
  /** Acts, announces the whole answer, sends its first bytes and cuts the connection. */
  z.strictObject({ action: z.literal('truncate'), match, times, afterBytes: z.int().min(0) }),
  /** Answers an HTML error page, as a front end in trouble does. */
  z.strictObject({
    action: z.literal('html'),
    match,
    times,
    status: z.int().min(200).max(599).default(502),
  }),
  /** Answers this body, repeated, instead of doing anything. */
  z.strictObject({
    action: z.literal('body'),
    match,
    times,
    status: z.int().min(200).max(599).default(200),
    headers,
    body: z.string(),
    repeat: z.int().min(1).max(100_000_000).default(1),
  }),
]);

export type Fault = z.output<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;

export interface Faults {
  readonly inject: (host: 'web' | 'api') => RequestHandler;
  /** Replaces the list. */
  set(faults: readonly FaultInput[]): void;
}

export function createFaults(): Faults {
  let pending: { fault: Fault; left: number }[] = [];
  const take = (host: 'web' | 'api', request: Request): Fault | undefined => {
    const found = pending.find(({ fault, left }) => left > 0 && isMatch(fault, host, request));
    if (found !== undefined) found.left -= 1;
    return found?.fault;
  };
  return {
    inject: (host) => (request, response, next) => {
      const fault = take(host, request);
      if (fault === undefined) next();
      else apply(fault, response, next);
    },
    set: (faults) => {
      pending = faults
        .map((input) => faultSchema.parse(input))
        .map((fault) => ({ fault, left: fault.times }));
    },
  };
}

function isMatch({ match: wanted }: Fault, host: string, request: Request): boolean {
  return (
    (wanted.host === undefined || wanted.host === host) &&
    (wanted.method === undefined || wanted.method.toUpperCase() === request.method) &&
    request.path.startsWith(wanted.pathPrefix ?? '/')
  );
}

function apply(fault: Fault, response: Response, next: () => void): void {
  switch (fault.action) {
    case 'status':
      response
        .status(fault.status)
        .set(fault.headers)
        .json(fault.json ?? { message: 'Injected fault' });
      return;
    case 'html':
      response.status(fault.status).type('html').send('<!DOCTYPE html><html><title>Unicorn!</title></html>');
      return;
    case 'body':
      response.status(fault.status).set(fault.headers).end(fault.body.repeat(fault.repeat));
      return;
    case 'reset':
      response.socket?.destroy();
      return;
    case 'delay':
      if (fault.when === 'before') setTimeout(next, fault.delayMs).unref();
      else beforeEnd(response, next, (finish) => setTimeout(finish, fault.delayMs).unref());
      return;
    case 'truncate':
      beforeEnd(response, next, (_finish, body) => {
        response.write(body.subarray(0, fault.afterBytes), () => response.socket?.destroy());
      });
  }
}

/** Runs the real route and takes over at the moment its answer is complete. */
function beforeEnd(
  response: Response,
  next: () => void,
  takeOver: (finish: () => void, body: Buffer) => void,
): void {
  const end = response.end.bind(response);
  const intercepted = (chunk?: unknown): Response => {
    response.end = end;
    const body =
      typeof chunk === 'string' || chunk instanceof Uint8Array ? Buffer.from(chunk) : Buffer.alloc(0);
    takeOver(() => end(body), body);
    return response;
  };
  response.end = intercepted;
  next();
}
