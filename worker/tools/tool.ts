import type { CallToolResult, McpServer } from '@modelcontextprotocol/server';
import type { CallContext } from '../call-context.ts';

/** One MCP tool: its name, and how it is registered on the server of one request. */
export interface Tool {
  readonly name: string;
  register(server: McpServer, call: CallContext): void;
}

/** Annotations of a tool that reads GitHub and changes nothing. */
export const READ_ONLY = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: true,
} as const;

/** A result that is both structured and, for clients that read text only, the same as text. */
export function structuredResult(structuredContent: Record<string, unknown>): CallToolResult {
  return { structuredContent, content: [{ type: 'text', text: JSON.stringify(structuredContent, null, 2) }] };
}

/** A failed call, as data that a model can act on. */
export function errorResult(error: {
  code: string;
  message: string;
  retryAfterSeconds?: number;
}): CallToolResult {
  return { isError: true, content: [{ type: 'text', text: JSON.stringify({ error }, null, 2) }] };
}
