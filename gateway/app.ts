import express from 'express';
import type { ErrorRequestHandler, Express, RequestHandler, Router } from 'express';
import type { Logger } from '../shared/logger.ts';
import type { Resource } from '../shared/resources.ts';
import { KeysUnavailableError } from '../shared/access-token/index.ts';
import { assignRequestId, requestIdOf } from './http/index.ts';
import { messagePage, PAGE_HEADERS } from './pages/index.ts';

/** The rooms of the gateway, as the pipeline meets them. */
export interface GatewayParts {
  /** Peers whose X-Forwarded-For names the client; others are the client themselves. */
  readonly trustedProxies: readonly string[];
  readonly observe: RequestHandler;
  readonly resourceMetadata: Router;
  readonly endpoints: readonly { readonly resource: Resource; readonly handler: RequestHandler }[];
  readonly authorizationServer: { readonly routes: Router; readonly provider: RequestHandler };
  readonly logger: Logger;
}

/** The public listener's pipeline, in the order requests pass it. */
export function createApp(parts: GatewayParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  // The query is parsed where it is needed; a nested-object parser in front of OAuth only adds differences.
  app.set('query parser', false);
  app.set('etag', false);
  app.set('trust proxy', [...parts.trustedProxies]);
  app.use(assignRequestId);
  app.use(parts.observe);
  for (const { resource, handler } of parts.endpoints) app.all(resource.path, handler);
  app.get('/health', (_req, res) => {
    res.set('cache-control', 'no-store').json({ status: 'ok' });
  });
  app.use(parts.resourceMetadata);
  app.use(parts.authorizationServer.routes);
  app.all('/', answerRoot(parts.endpoints.map(({ resource }) => resource)));
  app.use(parts.authorizationServer.provider);
  app.use(answerFault(parts.logger));
  return app;
}

/** People and clients that use the bare origin learn the endpoint's address. */
function answerRoot(resources: readonly Resource[]): RequestHandler {
  const [first] = resources;
  return (req, res) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res
        .status(404)
        .json({ error: 'not_found', error_description: `the MCP endpoint is ${first?.identifier ?? ''}` });
      return;
    }
    res.status(200).set(PAGE_HEADERS);
    res.send(
      messagePage({
        title: 'octocode-mcp-gateway',
        explanation: `MCP clients connect to ${first?.identifier ?? ''} and are sent here to sign in.`,
        next: 'There is nothing to do on this page.',
      }),
    );
  };
}

function answerFault(logger: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const requestId = requestIdOf(req);
    logger.error({ err: error, requestId }, 'a request failed');
    if (res.headersSent) {
      next(error);
      return;
    }
    if (error instanceof KeysUnavailableError) res.set('retry-after', '2');
    res.status(error instanceof KeysUnavailableError ? 503 : 500).set('cache-control', 'no-store');
    res.json({ error: 'server_error', error_description: `the request failed; reference ${requestId}` });
  };
}
