import type { RequestId } from './message.ts';

/** JSON-RPC error codes this product answers with itself (JSON-RPC 2.0 §5.1; MCP 2026-07-28, basic/index). */
export const RPC_ERROR = {
  parse: -32700,
  invalidRequest: -32600,
  internal: -32603,
  headerMismatch: -32020,
} as const;

/** An error response; without a known id the member is left out, as MCP asks for errors that answer no request. */
export function rpcError(id: RequestId | undefined, code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', ...(id === undefined ? {} : { id }), error: { code, message } });
}
