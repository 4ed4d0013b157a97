import type {
  CallToolResult,
  ClientCapabilities,
  InputRequests,
  InputRequiredResult,
  McpServer,
  RequestStateCodec,
  ServerContext,
} from '@modelcontextprotocol/server';
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { textResult } from './fixture-data.ts';

/** What a round remembers for the next one. */
export interface Round {
  readonly step: number;
}

const nameSchema = z.object({ name: z.string() });
const colourSchema = z.object({ color: z.string() });
const okSchema = z.object({ ok: z.boolean() });

const ASK_NAME = inputRequired.elicit({ message: 'What is your name?', requestedSchema: nameSchema });
const ASK_OK = inputRequired.elicit({ message: 'Please confirm.', requestedSchema: okSchema });
const ASK_COLOUR = inputRequired.elicit({ message: 'Which colour?', requestedSchema: colourSchema });
const ASK_MODEL = inputRequired.createMessage({
  messages: [{ role: 'user', content: { type: 'text', text: 'What is the capital of France?' } }],
  maxTokens: 100,
});

type RunTool = (context: ServerContext) => Promise<CallToolResult | InputRequiredResult>;

/** Tools that end a round with a question and go on in the next request (MCP 2026-07-28, multi round trips). */
export function registerInputRequiredTools(server: McpServer, states: RequestStateCodec<Round>): void {
  const tool = (name: string, run: RunTool) =>
    server.registerTool(
      `test_input_required_result_${name}`,
      { description: `Asks for input: ${name}` },
      run,
    );

  tool('elicitation', async (context) => {
    const answer = acceptedContent(context.mcpReq.inputResponses, 'user_name', nameSchema);
    return answer === undefined ? ask({ user_name: ASK_NAME }) : textResult(`Hello, ${answer.name}!`);
  });
  tool('sampling', async ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'capital_question');
    if (answer.kind !== 'sampling') return ask({ capital_question: ASK_MODEL });
    return textResult(JSON.stringify(answer.result.content));
  });
  tool('list_roots', async ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'client_roots');
    if (answer.kind !== 'roots') return ask({ client_roots: inputRequired.listRoots() });
    return textResult(answer.roots.map(({ uri }) => uri).join(' '));
  });
  for (const name of ['request_state', 'tampered_state']) {
    tool(name, async (context) => {
      const isConfirmed = acceptedContent(context.mcpReq.inputResponses, 'confirm', okSchema)?.ok === true;
      if (isConfirmed && context.mcpReq.requestState<Round>()?.step === 1) return textResult('state-ok');
      return ask({ confirm: ASK_OK }, await states.mint({ step: 1 }, context));
    });
  }
  tool('multi_round', async (context) => {
    const step = context.mcpReq.requestState<Round>()?.step ?? 0;
    const { inputResponses } = context.mcpReq;
    if (step === 1 && acceptedContent(inputResponses, 'step1', nameSchema) !== undefined)
      return ask({ step2: ASK_COLOUR }, await states.mint({ step: 2 }, context));
    if (step === 2 && acceptedContent(inputResponses, 'step2', colourSchema) !== undefined)
      return textResult('All steps are done.');
    return ask({ step1: ASK_NAME }, await states.mint({ step: 1 }, context));
  });
  tool('multiple_inputs', async (context) => {
    const answers = ['user_name', 'greeting', 'client_roots'].map(
      (key) => inputResponse(context.mcpReq.inputResponses, key).kind,
    );
    if (!answers.includes('missing')) return textResult(answers.join(' '));
    const questions = { user_name: ASK_NAME, greeting: ASK_MODEL, client_roots: inputRequired.listRoots() };
    return ask(questions, await states.mint({ step: 1 }, context));
  });
  tool('capabilities', async ({ mcpReq }) => {
    const declared = (
      mcpReq.envelope as { [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } | undefined
    )?.[CLIENT_CAPABILITIES_META_KEY];
    return ask({
      ...(declared?.sampling === undefined ? {} : { capital_question: ASK_MODEL }),
      ...(declared?.elicitation === undefined ? {} : { user_name: ASK_NAME }),
    });
  });
  // Asks for sampling whatever the client declared: the server package must refuse that (-32021).
  server.registerTool('test_missing_capability', { description: 'Needs sampling' }, async () =>
    ask({ capital_question: ASK_MODEL }),
  );
}

function ask(inputRequests: InputRequests, requestState?: string): InputRequiredResult {
  return inputRequired({ inputRequests, ...(requestState === undefined ? {} : { requestState }) });
}
