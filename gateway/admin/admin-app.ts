import { createHash, timingSafeEqual } from 'node:crypto';
import express, { json } from 'express';
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { Logger } from '../../shared/logger.ts';
import { StoreUnavailableError } from '../../shared/store/index.ts';
import type { Operations } from './operations.ts';

const MAX_BODY_BYTES = 4 * 1024;

const organizationBody = z.strictObject({
  login: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/),
  id: z.int().positive(),
});
const clientBody = z.strictObject({ client_id: z.string().min(1).max(2048) });

/** The admin API. Every request needs the operator's token (RFC 6750 §2.1). */
export function createAdminApp(deps: {
  /** The operator's token as it is now. */
  readToken: () => string;
  operations: Operations;
  logger: Logger;
}): Express {
  const { operations, logger } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.set('query parser', false);
  app.use(requireOperator(deps.readToken));
  app.use(json({ limit: MAX_BODY_BYTES, strict: true }));
  app.use(logRequest(logger));
  app.get('/signing-keys', (_req, res) => {
    answer(res, 200, { keys: operations.signingKeys() });
  });
  app.post('/signing-keys/rotate', async (_req, res) => {
    answer(res, 200, { key: await operations.rotateSigningKey() });
  });
  app.post('/signing-keys/:kid/retire', async (req, res) => {
    answerFound(res, await operations.retireSigningKey(parameter(req, 'kid')), 'signing key');
  });
  app.get('/accounts/:githubId/grants', async (req, res) => {
    await withGitHubId(req, res, async (id) => ({ grants: await operations.grantsOf(id) }));
  });
  app.post('/accounts/:githubId/revoke', async (req, res) => {
    await withGitHubId(req, res, async (id) => ({ revoked: await operations.endAccount(id) }));
  });
  app.post('/grants/:grantId/revoke', async (req, res) => {
    answerFound(res, await operations.endGrant(parameter(req, 'grantId')), 'live grant');
  });
  app.post('/clients/block', async (req, res) => {
    await withClientId(req, res, async (clientId) => {
      await operations.blockClient(clientId);
      return true;
    });
  });
  app.post('/clients/unblock', async (req, res) => {
    await withClientId(req, res, operations.unblockClient);
  });
  app.post('/organizations/accept', async (req, res) => {
    const body = organizationBody.safeParse(req.body);
    if (!body.success) {
      answer(res, 400, { error: 'invalid_request', message: 'the body must be {"login": "…", "id": 1}' });
      return;
    }
    await operations.acceptOrganization(body.data.login, body.data.id);
    answer(res, 200, { done: true });
  });
  app.post('/tokens/revoke-all', async (_req, res) => {
    await operations.endAllTokens();
    answer(res, 200, { done: true });
  });
  app.use((_req, res) => {
    answer(res, 404, { error: 'not_found', message: 'there is no such operation' });
  });
  app.use(answerFault(logger));
  return app;
}

function requireOperator(readToken: () => string): RequestHandler {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return (req, res, next) => {
    if (req.headers.origin !== undefined) {
      answer(res, 403, { error: 'forbidden', message: 'web pages do not speak to this listener' });
      return;
    }
    if (!timingSafeEqual(digest(req.headers.authorization ?? ''), digest(`Bearer ${readToken()}`))) {
      res.set('www-authenticate', 'Bearer');
      answer(res, 401, { error: 'unauthorized', message: 'send ADMIN_TOKEN as a bearer token' });
      return;
    }
    next();
  };
}

/** Who did what is the operator's own question as well. */
function logRequest(logger: Logger): RequestHandler {
  return (req, res, next) => {
    res.once('finish', () => {
      logger.info({ method: req.method, path: req.path, status: res.statusCode }, 'admin request');
    });
    next();
  };
}

async function withGitHubId(req: Request, res: Response, work: (id: number) => Promise<unknown>) {
  const text = parameter(req, 'githubId');
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    answer(res, 400, { error: 'invalid_request', message: 'the account is named by its numeric GitHub id' });
    return;
  }
  answer(res, 200, await work(Number(text)));
}

async function withClientId(req: Request, res: Response, work: (clientId: string) => Promise<boolean>) {
  const body = clientBody.safeParse(req.body);
  if (!body.success) {
    answer(res, 400, { error: 'invalid_request', message: 'the body must be {"client_id": "…"}' });
    return;
  }
  answerFound(res, await work(body.data.client_id), 'blocked client');
}

function answerFound(res: Response, isFound: boolean, what: string): void {
  if (isFound) answer(res, 200, { done: true });
  else answer(res, 404, { error: 'not_found', message: `there is no such ${what}` });
}

function parameter(req: Request, name: string): string {
  const value = req.params[name];
  return typeof value === 'string' ? value : '';
}

function answerFault(logger: Logger): ErrorRequestHandler {
  return (error: unknown, _req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    if (error instanceof StoreUnavailableError) {
      answer(res, 503, { error: 'unavailable', message: 'the store did not answer; try again' });
      return;
    }
    const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : 500;
    if (typeof status === 'number' && status >= 400 && status < 500) {
      answer(res, status, { error: 'invalid_request', message: 'the request cannot be read' });
      return;
    }
    logger.error({ err: error }, 'an admin request failed');
    answer(res, 500, { error: 'server_error', message: 'the operation failed; see the log' });
  };
}

function answer(res: Response, status: number, body: unknown): void {
  res.status(status).set('cache-control', 'no-store').json(body);
}
