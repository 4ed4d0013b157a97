import { later, tested } from './requirement.ts';

const HTTP = 'A basic/transports/streamable-http';
const BASE = 'A basic/index';
const LEGACY = 'B basic/transports';

/** The transport of both eras, as the worker serves it through the gateway. */
export const TRANSPORT_REQUIREMENTS = [
  tested('T1', HTTP, 'One endpoint takes one JSON-RPC request or notification per POST, nothing else.'),
  tested('T2', `${HTTP}; ${LEGACY}`, 'A foreign Origin is answered 403.'),
  tested('T3', HTTP, 'Both answer types are accepted; a notification is answered 202 without a body.'),
  tested('T4', HTTP, 'The version header is required and must equal the version in _meta.'),
  tested('T5', HTTP, 'Mcp-Method and Mcp-Name are required and must equal the body.'),
  tested('T6', HTTP, 'A base64 Mcp-Name is decoded before it is compared.'),
  later('T7', HTTP, {
    behavior: 'Arguments mirrored into Mcp-Param headers are validated.',
    reason: 'no tool mirrors an argument; that such headers pass is judged by the official suite',
  }),
  tested('T8', HTTP, 'The gateway refuses disagreeing headers with an HTTP error and a JSON-RPC body.'),
  later('T9', HTTP, {
    behavior: 'Nothing is decided by mirrored headers of revisions that do not validate them.',
    reason: 'no policy decides by headers; the body is always read',
  }),
  tested('T10', `${HTTP}; A basic/versioning`, 'An unknown version is -32022 with the supported ones.'),
  tested('T11', HTTP, 'An unknown method is 404 with -32601.'),
  tested('T12', BASE, 'Missing required _meta is 400 with -32602.'),
  tested('T13', 'A server/discover', 'server/discover answers versions, capabilities and cache hints.'),
  tested('T14', HTTP, 'GET and DELETE are 405; session and event ids are ignored and never made.'),
  tested('T15', BASE, 'Every result says what type it is and which server made it.'),
  tested('T16', 'A server/utilities/caching', 'Cacheable results carry ttlMs and cacheScope.'),
  tested('T17', 'A server/tools', 'tools/list answers the same order every time.'),
  tested('T18', 'A basic/patterns/cancellation', 'A client that leaves cancels its call at the worker.'),
  later('T19', HTTP, {
    behavior: 'Streams say that they must not be buffered and are kept alive.',
    reason: 'no tool streams yet',
  }),
  later('T20', 'A basic/patterns/subscriptions', {
    behavior: 'subscriptions/listen acknowledges, tags and ends its stream.',
    reason: 'the worker has nothing that changes; the way through is judged by the official suite',
  }),
  later('T21', 'A basic/patterns/mrtr', {
    behavior: 'Servers ask back by result, never by request.',
    reason: 'no tool asks back; that the gateway lets it through is judged by the official suite',
  }),
  tested('T22', BASE, 'Reserved error codes are used as defined; -32002 and -32042 never.'),
  later('T23', BASE, {
    behavior: 'Trace context in _meta has the W3C form.',
    reason: 'tracing is not part of this version',
  }),
  later('T24', BASE, {
    behavior: 'No request depends on an earlier one.',
    reason: 'holds by construction: a server object per request; tested with the worker',
  }),
  tested(
    'T25',
    'A basic/versioning',
    'initialize for a stateless revision is answered with one that fits it.',
  ),
  later('T26', 'A changelog', {
    behavior: 'Methods that were removed are not served to stateless clients.',
    reason: 'tested with T11 for initialize and ping',
  }),
  later('T27', BASE, {
    behavior: 'References in schemas are never fetched.',
    reason: 'no schema comes from outside',
  }),
  tested('L1', LEGACY, 'GET is answered 405: there is no stream without a request.'),
  tested('L2', LEGACY, 'initialize assigns no session, and a session id is not needed later.'),
  tested('L3', LEGACY, 'The version header may be absent; an unknown version is 400.'),
  tested('L4', LEGACY, 'A foreign Origin is 403, and a batch is refused.'),
  later('L5', LEGACY, {
    behavior: 'Streams can be resumed.',
    reason: 'optional, and impossible without state',
  }),
  tested('L6', LEGACY, 'A client that leaves does not cancel its call.'),
] as const;
