import { callTool, signIn } from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';

export interface Row {
  readonly id: string;
  readonly index: number;
  readonly status: 'ok' | 'empty' | 'error';
  readonly data?: Readonly<Record<string, unknown>>;
  readonly error?: Readonly<Record<string, unknown>>;
  readonly pagination?: Readonly<Record<string, unknown>>;
  readonly hints?: readonly string[];
}

export interface ToolAnswer {
  readonly isError?: boolean;
  readonly content: readonly { readonly text: string }[];
  readonly structuredContent?: {
    readonly results: readonly Row[];
    readonly meta: { readonly queries: number; readonly failed: number; readonly rateLimit?: unknown };
  };
}

/** An access token of a client that was granted these scopes. */
export async function accessTokenFor(stack: Stack, login: string, scope: string): Promise<string> {
  const { tokens } = await signIn(stack, { login, parameters: { scope } });
  return tokens.access_token;
}

/** Calls a tool through gateway and worker. @throws when the answer is no tool result. */
export async function callRows(
  stack: Stack,
  accessToken: string,
  { tool, queries }: { readonly tool: string; readonly queries: readonly object[] },
): Promise<ToolAnswer> {
  const response = await callTool(stack.mcpUrl, accessToken, tool, { queries });
  const text = await response.text();
  const json = text.startsWith('{') ? text : (/^data: (\{.*\})$/m.exec(text)?.[1] ?? '{}');
  const { result } = JSON.parse(json) as { result?: ToolAnswer };
  if (result === undefined) throw new Error(`no tool result: ${String(response.status)} ${text}`);
  return result;
}

/** The rows of a call. @throws when the result is not structured. */
export async function rowsOf(
  stack: Stack,
  accessToken: string,
  call: { readonly tool: string; readonly queries: readonly object[] },
): Promise<readonly Row[]> {
  const answer = await callRows(stack, accessToken, call);
  if (answer.structuredContent === undefined) throw new Error(JSON.stringify(answer));
  return answer.structuredContent.results;
}
