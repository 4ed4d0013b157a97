import type { CallContext } from './call/call-context.ts';
import type { McpServer } from '@modelcontextprotocol/server';
import { githubGetFileContent } from './tools/githubGetFileContent.ts';
import { githubGetMe } from './tools/githubGetMe.ts';
import { githubSearchCode } from './tools/githubSearchCode.ts';
import type { Tool } from './call/tool.ts';

/** Every tool of this worker, in the order clients see. */
export const tools: readonly Tool[] = [githubSearchCode, githubGetFileContent, githubGetMe];

/** Every endpoint the tools call, as the metric of GitHub calls names them. */
export const GITHUB_ENDPOINTS: readonly string[] = [
  ...new Set(['/user', ...tools.flatMap(({ endpoints }) => endpoints)]),
];

/** Offers the tools that a call was admitted to. */
export function registerTools(server: McpServer, call: CallContext): void {
  const { tools: admitted } = call.admitted;
  for (const tool of tools) {
    if (!admitted.includes('*') && !admitted.includes(tool.name)) continue;
    const { title, description, input: inputSchema, output: outputSchema, readOnly } = tool;
    const annotations = {
      readOnlyHint: readOnly,
      destructiveHint: !readOnly,
      idempotentHint: readOnly,
      openWorldHint: true,
    };
    server.registerTool(
      tool.name,
      { title, description, inputSchema, outputSchema, annotations },
      async (input, { mcpReq }) => await tool.run(call, input, mcpReq.signal),
    );
  }
}
