import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers `Expect: 100-continue` when the body is really wanted: not before the request was let in (RFC 9110 §10.1.1). */
export function inviteBody(req: IncomingMessage, res: ServerResponse, next?: () => void): void {
  if (req.headers.expect?.toLowerCase() === '100-continue') res.writeContinue();
  next?.();
}
