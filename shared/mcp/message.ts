import { isUtf8 } from 'node:buffer';
import { scanJson } from './json-scan.ts';
import { isModernVersion } from './protocol-versions.ts';

/** `_meta` key whose presence makes a request a stateless one (MCP 2026-07-28, basic/index). */
const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

export type RequestId = string | number;

/** One JSON-RPC request or notification, read once from a body that is forwarded unchanged. */
export interface McpMessage {
  /** Undefined for a notification. */
  readonly id: RequestId | undefined;
  readonly method: string;
  /** What `Mcp-Name` mirrors: tool, prompt, resource or task (MCP 2026-07-28, streamable-http). */
  readonly name: string | undefined;
  /** The version the body claims in `_meta`. */
  readonly claimedVersion: string | undefined;
  /** Decided by the body alone: headers can be set by whoever relays. */
  readonly era: 'modern' | 'legacy';
}

/** A body that is not one well-formed message, with its JSON-RPC error. */
export interface MessageFault {
  readonly code: -32700 | -32600;
  readonly message: string;
}

export type MessageReading =
  { readonly ok: true; readonly message: McpMessage } | { readonly ok: false; readonly fault: MessageFault };

/** Reads a POST body: UTF-8 JSON, one request or notification, nothing a second parser could read differently. */
export function readMessage(body: Uint8Array): MessageReading {
  if (!isUtf8(body)) return parseFault('the body is not UTF-8');
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return parseFault('the body is not JSON');
  }
  const fault = scanJson(text);
  if (fault !== undefined) return requestFault(`the body was refused: ${fault}`);
  return judgeMessage(parsed);
}

function judgeMessage(parsed: unknown): MessageReading {
  if (Array.isArray(parsed)) return requestFault('batches are not accepted; send one message per request');
  if (!isObject(parsed) || parsed['jsonrpc'] !== '2.0')
    return requestFault('the body is not a JSON-RPC 2.0 message');
  const { method, id, params } = parsed;
  if (typeof method !== 'string' || method === '') {
    return requestFault('only requests and notifications are accepted here');
  }
  if ('id' in parsed && !isRequestId(id)) return requestFault('id must be a string or a safe integer');
  if (params !== undefined && !isObject(params)) return requestFault('params must be an object');
  return { ok: true, message: describe(method, isRequestId(id) ? id : undefined, params) };
}

function describe(method: string, id: RequestId | undefined, params: JsonObject | undefined): McpMessage {
  const meta = params?.['_meta'];
  const claim = isObject(meta) ? meta[VERSION_KEY] : undefined;
  const claimedVersion = typeof claim === 'string' ? claim : undefined;
  const isClaimed = isObject(meta) && VERSION_KEY in meta;
  // `initialize` opens a legacy session unless its own body names a stateless revision.
  const isModern = method === 'initialize' ? isModernClaim(claimedVersion) : isClaimed;
  return { id, method, name: nameOf(method, params), claimedVersion, era: isModern ? 'modern' : 'legacy' };
}

function isModernClaim(version: string | undefined): boolean {
  return version !== undefined && isModernVersion(version);
}

const NAME_FIELD: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

function nameOf(method: string, params: JsonObject | undefined): string | undefined {
  const field = Object.hasOwn(NAME_FIELD, method) ? NAME_FIELD[method] : undefined;
  const value = field === undefined ? undefined : params?.[field];
  return typeof value === 'string' ? value : undefined;
}

function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseFault(message: string): MessageReading {
  return { ok: false, fault: { code: -32700, message } };
}

function requestFault(message: string): MessageReading {
  return { ok: false, fault: { code: -32600, message } };
}
