// What a team builds in an afternoon: express, the stock proxy middleware, and jose that verifies the token of every call
// against the keys of the gateway. A contender of `npm run bench -- proxy`.

import { once } from 'node:events';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const { PORT = '0', BACK_END = '', JWKS = '', ISSUER = '', AUDIENCE = '' } = process.env;
const keys = createRemoteJWKSet(new URL(JWKS));
const app = express();
app.use((req, res, next) => {
  const token = (req.headers.authorization ?? '').replace(/^Bearer /, '');
  jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE }).then(
    () => {
      next();
    },
    () => {
      res.status(401).end();
    },
  );
});
app.use(createProxyMiddleware({ target: BACK_END }));
await once(app.listen(Number(PORT), '127.0.0.1'), 'listening');
process.stdout.write('{"msg":"ready"}\n');
process.once('SIGTERM', () => process.exit(0));
