import { z } from 'zod';

export const DEMO_TOOL = 'githubGetMe';

/** What a client saw: the tools it was offered and what the demo tool answered. */
export interface ToolVisit {
  readonly client: string;
  /** Protocol revision that was spoken. */
  readonly protocol: string;
  readonly tools: readonly string[];
  readonly answer: ToolAnswer;
}

const toolAnswer = z.object({
  login: z.string(),
  id: z.int(),
  host: z.string(),
  grantedScopes: z.array(z.string()),
});

export type ToolAnswer = z.infer<typeof toolAnswer>;

const callResult = z.looseObject({
  isError: z.boolean().optional(),
  structuredContent: z.unknown().optional(),
  content: z.unknown(),
});

/** @throws when the call's result is an error or says something else than who the caller is */
export function requireToolAnswer(result: unknown): ToolAnswer {
  const { isError, structuredContent, content } = callResult.parse(result);
  if (isError === true) throw new Error(`${DEMO_TOOL} failed: ${JSON.stringify(content)}`);
  const answer = toolAnswer.safeParse(structuredContent);
  if (!answer.success)
    throw new Error(`${DEMO_TOOL} answered ${JSON.stringify(structuredContent ?? content)}`);
  return answer.data;
}

/** The answer in one line. */
export function describeVisit({ client, protocol, tools, answer }: ToolVisit): string {
  const scopes = answer.grantedScopes.join(' ');
  const shortened = { login: answer.login, id: answer.id, host: answer.host, scopes };
  return `${client} (MCP ${protocol}) sees ${tools.join(', ')}; ${DEMO_TOOL} answers ${JSON.stringify(shortened)}`;
}
