import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AccessTokenClaims, AccessTokenVerifier } from '../shared/access-token/index.ts';
import { KeysUnavailableError } from '../shared/access-token/index.ts';
import type { GatewayContext, GatewayContextVerifier } from '../shared/gateway-context/index.ts';
import { GATEWAY_CONTEXT_HEADER, REQUIRED_SCOPES_HEADER } from '../shared/gateway-context/index.ts';
import type { Logger } from '../shared/logger.ts';
import { readMessage, RPC_ERROR, rpcError } from '../shared/mcp/index.ts';
import type { Resource } from '../shared/resources.ts';
import { RecordRefusedError, StoreUnavailableError } from '../shared/store/index.ts';
import { UnsealError } from '../shared/vault/index.ts';
import type { CallContext, OpenCredential } from './call/call-context.ts';
import type { CallGitHubDeps } from './github/call-github.ts';
import { holdResponse } from './held-response.ts';
import { createCallGitHub } from './github/call-github.ts';
import type { McpHandler } from './mcp-handler.ts';

/** The gateway caps bodies lower; this only bounds what a direct caller can make us read. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface WorkerAppDeps extends CallGitHubDeps {
  readonly resource: Resource;
  readonly verify: AccessTokenVerifier;
  readonly verifyContext: GatewayContextVerifier;
  readonly githubHost: string;
  readonly mcp: McpHandler;
  readonly logger: Logger;
}

/** Why a call is turned away before MCP sees it. */
interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 503;
  readonly reason: string;
}

/**
 * The worker's pipeline: identity from the JWT, admission from the gateway's context, then the message. Neither
 * alone opens a worker: a client's token that reaches it directly is refused, and so is a context without one.
 */
export function createWorkerApp(deps: WorkerAppDeps): RequestListener {
  return (req, res) => {
    handle(deps, req, res).catch((error: unknown) => {
      deps.logger.error({ err: error, requestId: req.headers['x-request-id'] }, 'a call failed');
      if (!res.headersSent) refuse(res, { status: 503, reason: 'internal' });
      else res.destroy();
    });
  };
}

async function handle(deps: WorkerAppDeps, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const gate = await admit(deps, req);
  if ('refusal' in gate) {
    log(deps, req, gate.refusal);
    refuse(res, gate.refusal);
    return;
  }
  const body = await readBody(req);
  if (body === undefined) {
    refuse(res, { status: 413, reason: 'too_large' });
    return;
  }
  const reading = readMessage(body);
  if (!reading.ok) {
    answer(res, 400, rpcError(undefined, reading.fault.code, reading.fault.message));
    return;
  }
  const needsCredential = reading.message.method === 'tools/call';
  const opened = needsCredential ? await openCredential(deps, gate.claims) : { credential: undefined };
  if ('refusal' in opened) {
    log(deps, req, opened.refusal);
    refuse(res, opened.refusal);
    return;
  }
  const held = gate.admitted.stepUp?.length ? holdResponse(res) : undefined;
  const call: CallContext = {
    ...gate,
    credential: opened.credential,
    githubHost: deps.githubHost,
    github: createCallGitHub(deps, gate.claims),
    askForScopes: (scopes) => {
      const mayAsk = scopes.filter((scope) => gate.admitted.stepUp?.includes(scope));
      if (mayAsk.length === 0 || held === undefined) return false;
      return held.replace((own) => {
        own.setHeader(REQUIRED_SCOPES_HEADER, mayAsk.join(' '));
        refuse(own, { status: 403, reason: 'insufficient_scope' });
      });
    },
    onFault: (error) => {
      deps.logger.error({ err: error, requestId: req.headers['x-request-id'] }, 'a tool failed');
    },
  };
  await deps.mcp.serve(req, res, { call, message: JSON.parse(body.toString('utf8')) as unknown });
  held?.release();
}

type Admission =
  { readonly claims: AccessTokenClaims; readonly admitted: GatewayContext } | { readonly refusal: Refusal };

async function admit(deps: WorkerAppDeps, req: IncomingMessage): Promise<Admission> {
  const [path] = (req.url ?? '').split('?');
  if (path !== deps.resource.path) return { refusal: { status: 404, reason: 'no_such_path' } };
  // Browsers reach workers only by rebinding a name to their address.
  if (req.headers.origin !== undefined) return { refusal: { status: 403, reason: 'origin' } };
  const token = /^Bearer ([^\s]+)$/.exec(req.headers.authorization ?? '')?.[1];
  if (token === undefined) return { refusal: { status: 401, reason: 'no_token' } };
  const verification = await verifyToken(deps, token);
  if ('refusal' in verification) return verification;
  const admitted = await verifyAdmission(deps, req, verification.claims);
  if (admitted === undefined) return { refusal: { status: 403, reason: 'no_gateway_context' } };
  if (req.method !== 'POST') return { refusal: { status: 405, reason: 'method' } };
  return { claims: verification.claims, admitted };
}

async function verifyToken(
  deps: WorkerAppDeps,
  token: string,
): Promise<{ claims: AccessTokenClaims } | { refusal: Refusal }> {
  try {
    const verification = await deps.verify(token);
    if (verification.ok) return { claims: verification.claims };
    return { refusal: { status: 401, reason: `token_${verification.reason}` } };
  } catch (error) {
    if (error instanceof KeysUnavailableError)
      return { refusal: { status: 503, reason: 'keys_unavailable' } };
    throw error;
  }
}

/** The context must be for this very grant: one user's admission does not carry another's token. */
async function verifyAdmission(deps: WorkerAppDeps, req: IncomingMessage, claims: AccessTokenClaims) {
  const header = req.headers[GATEWAY_CONTEXT_HEADER];
  const context = typeof header === 'string' ? await deps.verifyContext(header) : undefined;
  return context?.gid === claims.gid ? context : undefined;
}

async function openCredential(
  deps: WorkerAppDeps,
  claims: AccessTokenClaims,
): Promise<{ credential: OpenCredential } | { refusal: Refusal }> {
  try {
    const reading = await deps.credentials.read({
      handle: claims.cred,
      minVersion: claims.cv,
      grantId: claims.gid,
    });
    if (reading.ok) return { credential: reading };
    return { refusal: { status: 401, reason: `credential_${reading.reason}` } };
  } catch (error) {
    if (error instanceof StoreUnavailableError)
      return { refusal: { status: 503, reason: 'store_unavailable' } };
    // An altered record or a missing key is an operator's fault: a 401 would send everybody to sign in again.
    if (error instanceof RecordRefusedError || error instanceof UnsealError) {
      deps.logger.error({ err: error }, 'a credential record was refused');
      return { refusal: { status: 503, reason: 'credential_refused' } };
    }
    throw error;
  }
}

async function readBody(req: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function log(deps: WorkerAppDeps, req: IncomingMessage, refusal: Refusal): void {
  deps.logger.info(
    { requestId: req.headers['x-request-id'], reason: refusal.reason, status: refusal.status },
    'call refused',
  );
}

/** The gateway turns a 401 into the challenge its client understands; others pass through. */
function refuse(res: ServerResponse, { status, reason }: Refusal): void {
  if (status === 405) res.setHeader('allow', 'POST');
  if (status === 503) res.setHeader('retry-after', '2');
  answer(res, status, rpcError(undefined, RPC_ERROR.internal, `the call was refused: ${reason}`));
}

function answer(res: ServerResponse, status: number, body: string): void {
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  res.end(body);
}
