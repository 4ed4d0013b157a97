import type { IncomingMessage, ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { AuthInfo } from '@modelcontextprotocol/server';
import {
  createMcpHandler,
  isLegacyRequest,
  McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { Logger } from '../shared/logger.ts';
import type { CallContext } from './call/call-context.ts';
import { registerTools } from './tools.ts';

/** Lets the SDK hand back which call a server is made for; entries go with their request. */
const calls = new WeakMap<AuthInfo, CallContext>();

export interface McpHandler {
  /** Serves one message, already read, for one caller. */
  serve(
    req: IncomingMessage,
    res: ServerResponse,
    of: { call: CallContext; message: unknown },
  ): Promise<void>;
  close(): Promise<void>;
}

/**
 * MCP for both eras from one stateless factory: a new server object for every request, so that nothing of one
 * caller can reach another (typescript-sdk CVE-2026-25536).
 */
export function createMcpServing(deps: { version: string; logger: Logger }): McpHandler {
  const serverFor = (authInfo: AuthInfo | undefined): McpServer => {
    const call = authInfo && calls.get(authInfo);
    if (call === undefined) throw new TypeError('a request reached MCP without its call context');
    return createServer(deps.version, call);
  };
  const onerror = (err: Error) => {
    deps.logger.warn({ err }, 'an MCP exchange failed');
  };
  const handler = createMcpHandler(({ authInfo }) => serverFor(authInfo), { onerror });
  const fetch: FetchMcp = async (request, options) => {
    // A stateless answer is JSON by itself unless a tool has more to say than its result.
    const isPlain = isJsonOnly(request) && (await isLegacyRequest(request, options?.parsedBody));
    if (!isPlain) return await handler.fetch(request, options);
    return await answerLegacyAsJson(serverFor(options?.authInfo), request, options);
  };
  const serve = toNodeHandler(
    { fetch },
    {
      onerror: (err) => {
        deps.logger.error({ err }, 'the MCP handler failed');
      },
    },
  );
  return {
    serve: async (req, res, { call, message }) => {
      const auth: AuthInfo = {
        token: '',
        clientId: call.claims.client_id,
        scopes: call.claims.scope.split(' '),
        expiresAt: call.claims.exp,
      };
      calls.set(auth, call);
      await serve(Object.assign(req, { auth, method: 'POST', url: req.url ?? '/' }), res, message);
    },
    close: handler.close,
  };
}

type FetchMcp = ReturnType<typeof createMcpHandler>['fetch'];

/** The gateway names both types unless the client left event streams out. */
function isJsonOnly(request: Request): boolean {
  return request.headers.get('accept')?.includes('text/event-stream') !== true;
}

const BOTH_TYPES = 'application/json, text/event-stream';

/**
 * The SDK answers legacy requests as event streams only. A client that takes JSON alone hangs on one, or fails; what a tool
 * says before its result is left out, as there is nowhere to say it.
 */
async function answerLegacyAsJson(
  server: McpServer,
  request: Request,
  options: Parameters<FetchMcp>[1],
): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await server.connect(transport);
  try {
    const headers = new Headers(request.headers);
    headers.set('accept', BOTH_TYPES);
    const accepting = new Request(request.url, { method: request.method, headers, signal: request.signal });
    return await transport.handleRequest(accepting, options);
  } finally {
    await server.close();
  }
}

function createServer(version: string, call: CallContext): McpServer {
  // The server package would announce `listChanged` by itself; the tools of a release never change.
  const capabilities = { tools: { listChanged: false } };
  const server = new McpServer({ name: 'octocode-mcp-worker', version }, { capabilities });
  registerTools(server, call);
  return server;
}
