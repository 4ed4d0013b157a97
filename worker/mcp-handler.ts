import type { IncomingMessage, ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { AuthInfo } from '@modelcontextprotocol/server';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import type { Logger } from '../shared/logger.ts';
import type { CallContext } from './call-context.ts';
import { tools } from './tools/index.ts';

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
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const call = authInfo && calls.get(authInfo);
      if (call === undefined) throw new TypeError('a request reached MCP without its call context');
      return createServer(deps.version, call);
    },
    {
      onerror: (err) => {
        deps.logger.warn({ err }, 'an MCP exchange failed');
      },
    },
  );
  const serve = toNodeHandler(handler, {
    onerror: (err) => {
      deps.logger.error({ err }, 'the MCP handler failed');
    },
  });
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

function createServer(version: string, call: CallContext): McpServer {
  // The server package would announce `listChanged` by itself; the tools of a release never change.
  const capabilities = { tools: { listChanged: false } };
  const server = new McpServer({ name: 'octocode-mcp-worker', version }, { capabilities });
  const { tools: allowed } = call.admitted;
  for (const tool of tools) {
    if (allowed.includes('*') || allowed.includes(tool.name)) tool.register(server, call);
  }
  return server;
}
