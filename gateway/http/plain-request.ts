import type { RequestHandler } from 'express';

const PLAIN_HOST = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * Refuses requests whose form two servers could read differently: no or several or odd hosts, a target that is not a
 * path (RFC 9112 §3.2), a transfer coding other than chunked alone (§6.1). The connection is not used again.
 */
export const requirePlainRequest: RequestHandler = (req, res, next) => {
  const hosts = req.headersDistinct['host'] ?? [];
  const isPlain = hosts.length === 1 && PLAIN_HOST.test(hosts[0] ?? '') && req.originalUrl.startsWith('/');
  const coding = req.headers['transfer-encoding'];
  const isCoded = coding !== undefined && coding.toLowerCase() !== 'chunked';
  if (isPlain && !isCoded) {
    next();
    return;
  }
  res
    .status(isPlain ? 501 : 400)
    .set('connection', 'close')
    .end();
};

/** Answers `Expect: 100-continue` when the body is really wanted: not before the request was let in (RFC 9110 §10.1.1). */
export const inviteBody: RequestHandler = (req, res, next) => {
  if (req.headers.expect?.toLowerCase() === '100-continue') res.writeContinue();
  next();
};
