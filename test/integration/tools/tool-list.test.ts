import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postJson } from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';
import { accessTokenFor } from './tool-rows.ts';

interface ListedTool {
  readonly name: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations?: unknown;
}

let stack: Stack;
let tools: readonly ListedTool[];
beforeAll(async () => {
  stack = await startStack();
  const authorization = `Bearer ${await accessTokenFor(stack, 'octocat', 'read:user')}`;
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  const text = await (await postJson(stack.mcpUrl, list, { authorization })).text();
  const json = text.startsWith('{') ? text : (/^data: (\{.*\})$/m.exec(text)?.[1] ?? '{}');
  ({ tools } = (JSON.parse(json) as { result: { tools: ListedTool[] } }).result);
});
afterAll(async () => {
  await stack.close();
});

describe('tools/list', () => {
  it.each([
    ['githubSearchCode', 5],
    ['githubGetFileContent', 10],
  ])('publishes %s as read-only, with at most %d queries', (name, maxItems) => {
    const tool = tools.find((each) => each.name === name);
    expect(tool?.annotations).toEqual({
      readOnlyHint: true,
      destructiveHint: false,
      idempotentHint: true,
      openWorldHint: true,
    });
    expect(tool?.inputSchema).toMatchObject({
      additionalProperties: false,
      properties: { queries: { minItems: 1, maxItems, items: { additionalProperties: false } } },
    });
  });

  it.each(['githubSearchCode', 'githubGetFileContent', 'githubGetMe'])(
    'publishes what %s answers, open to further members (MCP, Tools, Output Schema)',
    (name) => {
      const schema = tools.find((each) => each.name === name)?.outputSchema;
      expect(schema).toMatchObject({ type: 'object' });
      expect(JSON.stringify(schema)).not.toContain('"additionalProperties":false');
    },
  );
});
