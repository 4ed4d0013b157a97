import type { RequestHandler } from 'express';

/** Answers `Expect: 100-continue` when the body is really wanted: not before the request was let in (RFC 9110 §10.1.1). */
export const inviteBody: RequestHandler = (req, res, next) => {
  if (req.headers.expect?.toLowerCase() === '100-continue') res.writeContinue();
  next();
};
