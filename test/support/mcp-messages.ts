/** The newest stateless revision and the newest one that opens with `initialize`. */
export const MODERN_VERSION = '2026-07-28';
export const LEGACY_VERSION = '2025-11-25';

const META_PREFIX = 'io.modelcontextprotocol/';

/** A POST to an MCP endpoint. */
export interface McpPost {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

const BOTH_TYPES = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** A stateless request with the headers that mirror it; `params` are joined with the required `_meta`. */
export function modernRequest(
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  version = MODERN_VERSION,
): McpPost {
  const name = params['name'] ?? params['uri'];
  return {
    body: { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: modernMeta(version) } },
    headers: {
      ...BOTH_TYPES,
      'mcp-protocol-version': version,
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    },
  };
}

export function modernMeta(version = MODERN_VERSION): Readonly<Record<string, unknown>> {
  return {
    [`${META_PREFIX}protocolVersion`]: version,
    [`${META_PREFIX}clientCapabilities`]: {},
    [`${META_PREFIX}clientInfo`]: { name: 'conformance', version: '1.0.0' },
  };
}

export function legacyRequest(method: string, params: Readonly<Record<string, unknown>> = {}): McpPost {
  return {
    body: { jsonrpc: '2.0', id: 1, method, params },
    headers: { ...BOTH_TYPES, 'mcp-protocol-version': LEGACY_VERSION },
  };
}

export function initializeRequest(protocolVersion = LEGACY_VERSION): McpPost {
  const clientInfo = { name: 'conformance', version: '1.0.0' };
  const { body } = legacyRequest('initialize', { protocolVersion, capabilities: {}, clientInfo });
  return { body, headers: BOTH_TYPES };
}

export const GET_ME = { name: 'githubGetMe', arguments: {} } as const;

/** An answer of an MCP endpoint, whichever of the two content types it came in. */
export interface McpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON-RPC message; undefined for an empty body. */
  readonly message: JsonRpcMessage | undefined;
  readonly text: string;
}

export interface JsonRpcMessage {
  readonly jsonrpc: string;
  readonly id?: string | number | null;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** Sends one message; headers of `more` win, and an empty one is left out. */
export async function sendMcp(
  url: string,
  post: McpPost,
  more: Readonly<Record<string, string>> = {},
): Promise<McpAnswer> {
  const headers = Object.fromEntries(
    Object.entries({ ...post.headers, ...more }).filter(([, value]) => value !== ''),
  );
  const body = typeof post.body === 'string' ? post.body : JSON.stringify(post.body);
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, message: messageIn(text) };
}

function messageIn(text: string): JsonRpcMessage | undefined {
  const data = text.startsWith('{') ? text : /^data: (\{.*)$/m.exec(text)?.[1];
  return data === undefined ? undefined : (JSON.parse(data) as JsonRpcMessage);
}
