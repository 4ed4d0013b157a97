import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessTokenClaims, AccessTokenVerifier } from '../../shared/access-token/index.ts';
import { toolNamed } from '../../shared/catalogue/index.ts';
import type { Clock } from '../../shared/clock.ts';
import type { GatewayContextSigner } from '../../shared/gateway-context/index.ts';
import type { McpMessage, RequestId } from '../../shared/mcp/index.ts';
import { disagreement, readMessage, RPC_ERROR } from '../../shared/mcp/index.ts';
import type { EventBus } from '../../shared/ops/index.ts';
import type { Resource } from '../../shared/resources.ts';
import type { OriginRule } from '../http/index.ts';
import { inviteBody, isAllowedOrigin, readBody, requestIdOf } from '../http/index.ts';
import { answerJson, answerRpc } from './answers.ts';
import { allowPage } from './cors.ts';
import type { CallLimit, CallPlace, CallsInFlight } from '../limits/index.ts';
import type { OpenCalls } from './open-calls.ts';
import type { Proxy, ProxyOutcome } from '../workers/index.ts';
import { workerRequestHeaders } from '../workers/index.ts';
import type { StepUps } from './step-up.ts';
import { challengeFor } from './challenge.ts';
import { readBearerToken } from './bearer-token.ts';
import { headerOf, takesStreams } from './request-head.ts';

const RETRY_AFTER_SECONDS = '1';
/** The one method whose answer is a stream for as long as the client likes (MCP 2026-07-28, subscriptions). */
const STREAM_METHOD = 'subscriptions/listen';

export interface McpEndpointDeps {
  readonly publicUrl: string;
  readonly resource: Resource;
  readonly baselineScopes: readonly string[];
  readonly origins: OriginRule;
  /** Whether pages of these origins are told that they may read the answers. */
  readonly cors: boolean;
  readonly maxBodyBytes: number;
  readonly verify: AccessTokenVerifier;
  readonly signContext: GatewayContextSigner;
  readonly proxy: Proxy;
  readonly openCalls: OpenCalls;
  readonly noteUse: (claims: AccessTokenClaims) => void;
  readonly callsInFlight: CallsInFlight;
  readonly clock: Clock;
  readonly stepUps: StepUps;
  readonly events: EventBus;
}

interface Caller {
  readonly token: string;
  readonly claims: AccessTokenClaims;
  readonly kid: string;
}

/** Answers whatever is sent to an MCP endpoint. Rejects for a fault of ours, which is not answered then. */
export type McpEndpoint = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/** One protected MCP endpoint: a call from edge to worker and back, each step once and in this order. */
export function createMcpEndpoint(deps: McpEndpointDeps): McpEndpoint {
  return async (req, res) => {
    const arrivedAt = deps.clock.now();
    if (!isAllowedOrigin(req.headersDistinct['origin'] ?? [], deps.origins)) {
      answerRpc(res, 403, { code: RPC_ERROR.invalidRequest, message: 'this origin is not allowed' });
      return;
    }
    if (deps.cors && allowPage(req, res)) return;
    const caller = await authenticate(deps, req, res);
    if (caller === undefined) return;
    if (req.method !== 'POST') {
      const fault = { code: RPC_ERROR.invalidRequest, message: 'this endpoint takes POST' };
      answerRpc(res, 405, fault, { allow: 'POST' });
      return;
    }
    const place = deps.callsInFlight.enter(caller.claims.sub);
    if (place === undefined) {
      refuseForNow(deps, res, { limit: 'account_calls' });
      return;
    }
    try {
      const call = await readCall(deps, { req, res, place });
      if (call !== undefined) await forward(deps, caller, { req, res, arrivedAt, ...call });
    } finally {
      place.leave();
    }
  };
}

const LIMITED: Readonly<Record<CallLimit, { readonly status: 429 | 503; readonly message: string }>> = {
  account_calls: { status: 429, message: 'this account has too many calls in flight; wait for one to end' },
  account_streams: { status: 429, message: 'this account has too many open streams; close one' },
  bodies: { status: 503, message: 'the gateway has too many request bodies at once' },
};

/** RFC 6585 §4: what is refused here may be sent again in a moment. The body was not read, so the connection is closed. */
function refuseForNow(
  { events }: McpEndpointDeps,
  res: ServerResponse,
  { limit, id }: { limit: CallLimit; id?: RequestId | undefined },
): void {
  const { status, message } = LIMITED[limit];
  events.emit({ type: 'call.limited', limit });
  const headers = { 'retry-after': RETRY_AFTER_SECONDS, connection: 'close' };
  answerRpc(res, status, { id, code: RPC_ERROR.internal, message }, headers);
}

async function authenticate(
  deps: McpEndpointDeps,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<Caller | undefined> {
  const bearer = readBearerToken(req);
  if (bearer.kind !== 'token') {
    answerChallenge(deps, res, bearer.kind === 'absent' ? 'no_token' : 'invalid_token');
    return undefined;
  }
  const verification = await deps.verify(bearer.token);
  deps.events.emit({
    type: 'access_token.verified',
    result: verification.ok ? 'valid' : verification.reason,
  });
  if (!verification.ok) {
    answerChallenge(deps, res, 'invalid_token');
    return undefined;
  }
  deps.noteUse(verification.claims);
  return { token: bearer.token, claims: verification.claims, kid: verification.kid };
}

function answerChallenge(
  deps: McpEndpointDeps,
  res: ServerResponse,
  reason: 'no_token' | 'invalid_token',
): void {
  const { publicUrl, resource, baselineScopes: scopes } = deps;
  const challenge = challengeFor({ publicUrl, resource, scopes }, reason);
  const headers = { 'www-authenticate': challenge.header };
  answerJson(res, 401, { body: JSON.stringify(challenge.body), headers });
}

async function readCall(
  deps: McpEndpointDeps,
  { req, res, place }: { req: IncomingMessage; res: ServerResponse; place: CallPlace },
): Promise<{ message: McpMessage; body: Buffer } | undefined> {
  if (!/^application\/json\s*(?:;|$)/i.test(req.headers['content-type'] ?? '')) {
    answerRpc(res, 415, {
      code: RPC_ERROR.invalidRequest,
      message: 'the content type must be application/json',
    });
    return undefined;
  }
  inviteBody(req, res);
  const reading = await readBody(req, deps.maxBodyBytes, (bytes) => place.reserveBody(bytes));
  if (!reading.ok && reading.reason === 'no_room') {
    refuseForNow(deps, res, { limit: 'bodies' });
    return undefined;
  }
  if (!reading.ok) {
    const status = reading.reason === 'too_large' ? 413 : reading.reason === 'encoded' ? 415 : 400;
    const message = `the body was refused: ${reading.reason}`;
    answerRpc(res, status, { code: RPC_ERROR.invalidRequest, message }, { connection: 'close' });
    return undefined;
  }
  const parsed = readMessage(reading.body);
  if (!parsed.ok) {
    answerRpc(res, 400, parsed.fault);
    return undefined;
  }
  const { message } = parsed;
  const mismatch = disagreement(message, {
    protocolVersion: headerOf(req, 'mcp-protocol-version'),
    method: headerOf(req, 'mcp-method'),
    name: headerOf(req, 'mcp-name'),
  });
  if (mismatch !== undefined) {
    answerRpc(res, 400, { id: message.id, code: RPC_ERROR.headerMismatch, message: mismatch });
    return undefined;
  }
  if (message.method === STREAM_METHOD && !place.becomeStream()) {
    refuseForNow(deps, res, { limit: 'account_streams', id: message.id });
    return undefined;
  }
  return { message, body: reading.body };
}

interface Call {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly message: McpMessage;
  readonly body: Buffer;
  readonly arrivedAt: number;
}

async function forward(deps: McpEndpointDeps, caller: Caller, call: Call): Promise<void> {
  const { res, message } = call;
  const { claims } = caller;
  const stepUp = deps.stepUps.mayAsk(claims, (scope) => mayHelp(message, scope));
  let outcome = await forwardOnce(deps, { caller, call, stepUp });
  if (outcome.kind === 'insufficient_scope') {
    const { scopes } = outcome;
    if (res.headersSent || res.destroyed) return;
    if (await deps.stepUps.claimQuestion(claims, scopes)) {
      askForScope(deps, res, { claims, scopes });
      return;
    }
    // Asked before, by another gateway. The worker told its need in place of the call, so nothing runs twice.
    outcome = await forwardOnce(deps, { caller, call, stepUp: [] });
  }
  answerOutcome(deps, res, { outcome, id: message.id });
}

/** Nobody is asked for a scope that shows the tool nothing more. */
function mayHelp({ name }: McpMessage, scope: string): boolean {
  const tool = name === undefined ? undefined : toolNamed(name);
  return tool === undefined || tool.scopes.includes(scope);
}

/** Passes the call to a worker, which may answer with its need for one of the `stepUp` scopes in place of the call. */
async function forwardOnce(
  deps: McpEndpointDeps,
  of: { readonly caller: Caller; readonly call: Call; readonly stepUp: readonly string[] },
): Promise<ProxyOutcome> {
  const { req, res, message, body, arrivedAt } = of.call;
  const { token, claims } = of.caller;
  const admission = { gid: claims.gid, tools: ['*'], stepUp: of.stepUp };
  const context = await deps.signContext(`${claims.gid} ${of.stepUp.join(' ')}`, admission);
  const headers = workerRequestHeaders(req.headers, {
    authorization: `Bearer ${token}`,
    context,
    requestId: requestIdOf(res),
    isJsonOnly: !takesStreams(req),
  });
  return await deps.proxy.forward(req, res, {
    path: deps.resource.path,
    headers,
    body,
    cancelOnDisconnect: message.era === 'modern',
    account: claims.sub,
    arrivedAt,
    mayNeed: of.stepUp,
    whileOpen: (cut) => deps.openCalls.add(of.caller, cut),
  });
}

/** Step-up (MCP authorization, RFC 6750 §3.1): what the token has and what the call needs, to be asked for together. */
function askForScope(
  deps: McpEndpointDeps,
  res: ServerResponse,
  { claims, scopes }: { claims: AccessTokenClaims; scopes: readonly string[] },
): void {
  if (res.headersSent || res.destroyed) return;
  deps.events.emit({ type: 'step_up.asked', clientId: claims.client_id, scope: scopes.join(' ') });
  const held = claims.scope.split(' ').filter((scope) => scope !== '');
  const { publicUrl, resource } = deps;
  const of = { publicUrl, resource, scopes: [...held, ...scopes] };
  const challenge = challengeFor(of, 'insufficient_scope');
  const headers = { 'www-authenticate': challenge.header };
  answerJson(res, 403, { body: JSON.stringify(challenge.body), headers });
}

/** Everything a worker did not answer itself, as an HTTP status with a JSON-RPC error for the known id. */
function answerOutcome(
  deps: McpEndpointDeps,
  res: ServerResponse,
  { outcome, id }: { outcome: ProxyOutcome; id: RequestId | undefined },
): void {
  if (outcome.kind === 'answered' || outcome.kind === 'broken_off' || res.headersSent || res.destroyed)
    return;
  if (outcome.kind === 'unauthorized') {
    answerChallenge(deps, res, 'invalid_token');
    return;
  }
  const { status, message } = FAILURES[outcome.kind];
  const headers = status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {};
  answerRpc(res, status, { id, code: RPC_ERROR.internal, message }, headers);
}

const FAILURES = {
  /** It asked although it was told not to. */
  insufficient_scope: { status: 502, message: 'the worker did not answer the call' },
  no_worker: { status: 503, message: 'no worker is available' },
  overloaded: { status: 503, message: 'all workers are busy' },
  failed: { status: 502, message: 'the worker failed before it answered' },
  timeout: { status: 504, message: 'the worker did not answer in time' },
} as const;
