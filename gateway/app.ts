import type { RequestListener, ServerResponse } from 'node:http';
import express from 'express';
import type { ErrorRequestHandler, Express, Request, RequestHandler, Router } from 'express';
import type { Logger } from '../shared/logger.ts';
import type { RequestId } from '../shared/mcp/index.ts';
import { readMessage, RPC_ERROR, rpcError } from '../shared/mcp/index.ts';
import type { Resource } from '../shared/resources.ts';
import { KeysUnavailableError } from '../shared/access-token/index.ts';
import {
  assignClientAddress,
  assignRequestId,
  readBody,
  requestIdOf,
  ROUTES,
  resourceMetadataPath,
} from './http/index.ts';
import type { McpEndpoint } from './call/index.ts';
import type { FindClientAddress, ObserveRequest } from './http/index.ts';
import { messagePage, PAGE_HEADERS } from './pages/index.ts';

/** A body sent to the bare origin is only read for its id. */
const MAX_STRAY_BODY_BYTES = 64 * 1024;

/** The rooms of the gateway, as the pipeline meets them. */
export interface GatewayParts {
  readonly findClientAddress: FindClientAddress;
  readonly observe: ObserveRequest;
  readonly resourceMetadata: Router;
  readonly endpoints: readonly { readonly resource: Resource; readonly handler: McpEndpoint }[];
  readonly authorizationServer: { readonly routes: Router; readonly provider: RequestHandler };
  /** Absent when the GitHub app sends no webhooks. */
  readonly webhooks: Router | undefined;
  readonly logger: Logger;
}

/**
 * The public listener's pipeline, in the order requests pass it. Calls are answered before express, which looks at every
 * route it has: a call is what a gateway is asked thousands of times a second.
 */
export function createApp(parts: GatewayParts): RequestListener {
  const others = createOtherRoutes(parts);
  const endpoints = new Map(parts.endpoints.map(({ resource, handler }) => [resource.path, handler]));
  return (req, res) => {
    assignRequestId(res);
    const clientAddress = parts.findClientAddress(req);
    const [path = ''] = (req.url ?? '').split('?', 1);
    parts.observe(req, res, { path, clientAddress });
    const endpoint = endpoints.get(path);
    if (endpoint === undefined) {
      assignClientAddress(req, clientAddress);
      others(req, res);
      return;
    }
    endpoint(req, res).catch((error: unknown) => {
      if (!answerFault(parts.logger, error, res)) res.destroy();
    });
  };
}

/** Everything but the calls. */
function createOtherRoutes(parts: GatewayParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  // The query is parsed where it is needed; a nested-object parser in front of OAuth only adds differences.
  app.set('query parser', false);
  app.set('etag', false);
  app.get('/health', (_req, res) => {
    res.set('cache-control', 'no-store').json({ status: 'ok' });
  });
  app.options(['/', '/health'], answerOptions);
  app.use(parts.resourceMetadata);
  for (const { resource } of parts.endpoints) {
    app.all(`${resource.path}/`, answerRpcAddress([resource]));
    app.all(`${resourceMetadataPath(resource.path)}/`, answerMetadataAddress(resource));
  }
  app.use(parts.authorizationServer.routes);
  if (parts.webhooks !== undefined) app.use(parts.webhooks);
  app.all('/', answerRoot(parts.endpoints.map(({ resource }) => resource)));
  app.use(parts.authorizationServer.provider);
  app.use(answerExpressFault(parts.logger));
  return app;
}

/** What load balancers ask whose health check names no path (RFC 9110 §9.3.7). */
const answerOptions: RequestHandler = (_req, res) => {
  res.status(204).set({ allow: 'GET, HEAD, OPTIONS', 'cache-control': 'no-store' }).end();
};

/** People and clients that use the bare origin learn the endpoint's address; a client in its own protocol. */
function answerRoot(resources: readonly Resource[]): RequestHandler {
  const address = addressesOf(resources);
  const answerRpc = answerRpcAddress(resources);
  return async (req, res, next) => {
    if (req.method === 'GET' || req.method === 'HEAD') {
      res.status(200).set(PAGE_HEADERS);
      res.send(
        messagePage({
          title: 'octocode-mcp-gateway',
          explanation: `MCP clients connect to ${address} and are sent here to sign in.`,
          next: 'Whom you let in, and how to end it:',
          link: { href: ROUTES.account, label: 'your connected applications' },
        }),
      );
      return;
    }
    await answerRpc(req, res, next);
  };
}

/** A client that calls beside an endpoint learns its address, as an answer to its own request. */
function answerRpcAddress(resources: readonly Resource[]): RequestHandler {
  const message = `there is no MCP endpoint at this address; use ${addressesOf(resources)}`;
  return async (req, res) => {
    const id = req.method === 'POST' ? await requestIdIn(req) : undefined;
    res.status(404).set({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    res.send(rpcError(id, RPC_ERROR.invalidRequest, message));
  };
}

function answerMetadataAddress({ identifier, path }: Resource): RequestHandler {
  const address = new URL(resourceMetadataPath(path), identifier).href;
  return (_req, res) => {
    res.status(404).set('cache-control', 'no-store');
    res.json({ error: 'not_found', error_description: `the metadata of ${identifier} is at ${address}` });
  };
}

function addressesOf(resources: readonly Resource[]): string {
  return resources.map(({ identifier }) => identifier).join(', ');
}

/** The id of a JSON-RPC request that went to the wrong address, so that its sender finds the answer. */
async function requestIdIn(req: Request): Promise<RequestId | undefined> {
  const reading = await readBody(req, MAX_STRAY_BODY_BYTES);
  const parsed = reading.ok ? readMessage(reading.body) : undefined;
  return parsed?.ok === true ? parsed.message.id : undefined;
}

function answerExpressFault(logger: Logger): ErrorRequestHandler {
  return (error: unknown, _req, res, next) => {
    if (!answerFault(logger, error, res)) next(error);
  };
}

/** Logs a fault of ours and answers it; false when the answer had begun. */
function answerFault(logger: Logger, error: unknown, res: ServerResponse): boolean {
  const requestId = requestIdOf(res);
  logger.error({ err: error, requestId }, 'a request failed');
  if (res.headersSent) return false;
  const status = error instanceof KeysUnavailableError ? 503 : 500;
  const description = `the request failed; reference ${requestId}`;
  res.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...(status === 503 ? { 'retry-after': '2' } : {}),
  });
  res.end(JSON.stringify({ error: 'server_error', error_description: description }));
  return true;
}
