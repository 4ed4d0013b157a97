import type { RequestHandler } from 'express';

/**
 * CORS of the endpoints that use no cookies: any origin, never credentials. Browser clients of MCP register and
 * redeem codes from wherever they run; oidc-provider leaves CORS alone once these headers are set.
 */
export const openCors: RequestHandler = (req, res, next) => {
  res.set('access-control-allow-origin', '*');
  if (req.method !== 'OPTIONS') {
    next();
    return;
  }
  res.status(204).set({
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers': 'authorization, content-type, mcp-protocol-version',
    'access-control-max-age': '3600',
  });
  res.end();
};
