import type { ElicitRequestFormParams, McpServer, ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { textResult } from './fixture-data.ts';

type RequestedSchema = ElicitRequestFormParams['requestedSchema'];

const OPTIONS = ['option1', 'option2', 'option3'];
const TITLED = [
  { const: 'value1', title: 'First' },
  { const: 'value2', title: 'Second' },
  { const: 'value3', title: 'Third' },
];

const USER: RequestedSchema = {
  type: 'object',
  properties: { username: { type: 'string' }, email: { type: 'string' } },
  required: ['username', 'email'],
};

/** A default for each primitive type (SEP-1034). */
const DEFAULTS: RequestedSchema = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
};

/** Each way of writing a choice (SEP-1330). */
const CHOICES: RequestedSchema = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: OPTIONS },
    titledSingle: { type: 'string', oneOf: TITLED },
    legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['One', 'Two', 'Three'] },
    untitledMulti: { type: 'array', items: { type: 'string', enum: OPTIONS } },
    titledMulti: { type: 'array', items: { anyOf: TITLED } },
  },
};

/** Tools that ask a client of an older revision while they run; without a session no answer finds them. */
export function registerAskingTools(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    { description: 'Asks the model of the client', inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: prompt } }];
      // Deprecated in 2026-07-28, and what this fixture is for.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      const answer = await mcpReq.requestSampling({ messages, maxTokens: 100 });
      return textResult(JSON.stringify(answer.content));
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the person', inputSchema: z.object({ message: z.string() }) },
    async ({ message }, context) => await elicit(context, message, USER),
  );
  server.registerTool(
    'test_elicitation_sep1034_defaults',
    { description: 'Asks with defaults' },
    async (context) => await elicit(context, 'Check these values.', DEFAULTS),
  );
  server.registerTool(
    'test_elicitation_sep1330_enums',
    { description: 'Asks with choices' },
    async (context) => await elicit(context, 'Choose.', CHOICES),
  );
}

async function elicit({ mcpReq }: ServerContext, message: string, requestedSchema: RequestedSchema) {
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const answer = await mcpReq.elicitInput({ mode: 'form', message, requestedSchema });
  return textResult(JSON.stringify(answer));
}
