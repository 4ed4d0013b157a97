import type { McpServer } from '@modelcontextprotocol/server';
import { acceptedContent, completable, inputRequired } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { embeddedText, image, text } from './fixture-data.ts';

const WORDS = ['testing', 'tested', 'paris'];
const contextSchema = z.object({ context: z.string() });

/** Prompts: fixed, with arguments and their completion, with each kind of content, and one that asks first. */
export function registerPrompts(server: McpServer): void {
  const user = <Content>(content: Content) => ({ role: 'user' as const, content });
  server.registerPrompt('test_simple_prompt', { description: 'No arguments' }, () => ({
    messages: [user(text('A simple prompt.'))],
  }));
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'Two arguments',
      argsSchema: z.object({
        arg1: completable(z.string(), (value) => WORDS.filter((word) => word.startsWith(value))),
        arg2: z.string(),
      }),
    },
    ({ arg1, arg2 }) => ({ messages: [user(text(`Arguments: ${arg1}, ${arg2}`))] }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'A resource', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => ({
      messages: [user(embeddedText(resourceUri, 'An embedded resource.')), user(text('Read it.'))],
    }),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'An image' }, () => ({
    messages: [user(image), user(text('Look at it.'))],
  }));
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks first' }, ({ mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'user_context', contextSchema);
    if (answer !== undefined) return { messages: [user(text(answer.context))] };
    const question = inputRequired.elicit({ message: 'Which context?', requestedSchema: contextSchema });
    return inputRequired({ inputRequests: { user_context: question } });
  });
}
