import type { CallToolResult } from '@modelcontextprotocol/server';
import type { z, ZodObject } from 'zod';
import type { CallContext } from './call-context.ts';

/** One MCP tool as data. */
interface ToolOf<Input extends ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: ZodObject;
  /** Reads GitHub and changes nothing: it may be run again. */
  readonly readOnly: boolean;
  /** GitHub scopes that let it see more; none for what everybody may see. */
  readonly scopes: readonly string[];
  /** What it calls, as the metric of GitHub calls names it. */
  readonly endpoints: readonly string[];
  run(call: CallContext, input: z.infer<Input>, signal: AbortSignal): Promise<CallToolResult>;
}

export type Tool = ToolOf<ZodObject>;

/** Checks a tool's parts against each other; afterwards its input is known to the registrar alone, which parses it. */
export function defineTool<Input extends ZodObject>(tool: ToolOf<Input>): Tool {
  return tool;
}

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
