import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { McpHttpHandler, RequestStateCodec } from '@modelcontextprotocol/server';
import { createMcpHandler, createRequestStateCodec, McpServer } from '@modelcontextprotocol/server';
import type { Admission } from './admission.ts';
import { createAdmission } from './admission.ts';
import { registerAskingTools } from './asking-tools.ts';
import { registerContentTools } from './content-tools.ts';
import type { Round } from './input-required-tools.ts';
import { registerInputRequiredTools } from './input-required-tools.ts';
import { registerPrompts } from './prompts.ts';
import { registerResources } from './resources.ts';
import { registerRunningTools } from './running-tools.ts';

/** A worker with everything the conformance suite asks for, for gateways in tests. */
export interface FixtureWorker {
  readonly url: string;
  /** Names the gateway whose tokens and contexts count; before that every request is refused with 503. */
  trust(gateway: { issuer: string; gateKey: string }): void;
  close(): Promise<void>;
}

/** Starts the worker on a free loopback port. */
export async function startFixtureWorker(): Promise<FixtureWorker> {
  const handler = createHandler();
  const serve = toNodeHandler(handler);
  let admit: ((req: IncomingMessage) => Promise<Admission>) | undefined;
  const handle = async (req: IncomingMessage, res: ServerResponse) => {
    const admission = admit === undefined ? { status: 503 } : await admit(req);
    if ('status' in admission) {
      res.writeHead(admission.status, admission.status === 405 ? { allow: 'POST' } : {}).end();
      return;
    }
    const { client_id: clientId, scope } = admission.claims;
    const auth = { token: '', clientId, scopes: scope.split(' '), expiresAt: admission.claims.exp };
    await serve(Object.assign(req, { auth, method: 'POST', url: req.url ?? '/' }), res);
  };
  const server = createServer((req, res) => {
    handle(req, res).catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    trust: (gateway) => {
      admit = createAdmission(gateway);
    },
    close: async () => {
      await handler.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createHandler(): McpHttpHandler {
  const states = createRequestStateCodec<Round>({
    key: randomBytes(32),
    bind: ({ mcpReq, http }) => `${mcpReq.method} ${http?.authInfo?.clientId ?? ''}`,
  });
  const handler: McpHttpHandler = createMcpHandler(() => createFixtureServer(states, handler));
  return handler;
}

/** A new server for every request, so that nothing of one caller can reach another. */
function createFixtureServer(states: RequestStateCodec<Round>, handler: McpHttpHandler): McpServer {
  const server = new McpServer(
    { name: 'conformance-fixture-worker', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        logging: {},
      },
      requestState: { verify: states.verify },
    },
  );
  registerContentTools(server);
  registerRunningTools(server, handler.notify);
  registerAskingTools(server);
  registerInputRequiredTools(server, states);
  registerPrompts(server);
  registerResources(server);
  return server;
}
