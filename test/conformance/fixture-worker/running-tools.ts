import { setTimeout as delay } from 'node:timers/promises';
import type { McpServer, ServerContext, ServerNotifier } from '@modelcontextprotocol/server';
import { fromJsonSchema, inputRequired } from '@modelcontextprotocol/server';
import { textResult } from './fixture-data.ts';

const STEP_MS = 50;

/** Tools that say something while they run, change the lists, or have an argument that travels as a header too. */
export function registerRunningTools(server: McpServer, notify: ServerNotifier): void {
  server.registerTool('test_tool_with_logging', { description: 'Logs three times' }, async ({ mcpReq }) => {
    for (const message of ['started', 'working', 'done']) {
      // Deprecated in 2026-07-28, and what this fixture is for.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      await mcpReq.log('info', `Tool ${message}`);
      await delay(STEP_MS);
    }
    return textResult('Logged three times.');
  });
  server.registerTool('test_logging_tool', { description: 'Logs once' }, async ({ mcpReq }) => {
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    await mcpReq.log('info', 'Only for those who asked');
    return textResult('Logged once.');
  });
  server.registerTool('test_tool_with_progress', { description: 'Reports progress' }, async (context) => {
    for (const progress of [0, 50, 100]) {
      await reportProgress(context, progress);
      await delay(STEP_MS);
    }
    return textResult('Reported three times.');
  });
  server.registerTool(
    'test_streaming_elicitation',
    { description: 'Streams, then asks' },
    async (context) => {
      await reportProgress(context, 50);
      return inputRequired({ inputRequests: { confirm: CONFIRM } });
    },
  );
  server.registerTool('test_reconnection', { description: 'Ends its stream early if it can' }, (context) => {
    context.http?.closeSSE?.();
    return textResult('Reconnected.');
  });
  server.registerTool('test_trigger_tool_change', { description: 'Says that tools changed' }, () => {
    notify.toolsChanged();
    return textResult('Announced.');
  });
  server.registerTool('test_trigger_prompt_change', { description: 'Says that prompts changed' }, () => {
    notify.promptsChanged();
    return textResult('Announced.');
  });
  server.registerTool(
    'test_x_mcp_header',
    { description: 'Its argument is repeated in a header', inputSchema: MIRRORED_ARGUMENT },
    () => textResult('Header and argument agree.'),
  );
}

const CONFIRM = inputRequired.elicit({
  message: 'Go on?',
  requestedSchema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
});

const region = { type: 'string', 'x-mcp-header': 'Region' };
const MIRRORED_ARGUMENT = fromJsonSchema({ type: 'object', properties: { region }, required: ['region'] });

async function reportProgress({ mcpReq }: ServerContext, progress: number): Promise<void> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  await mcpReq.notify({
    method: 'notifications/progress',
    params: { progressToken, progress, total: 100 },
  });
}
