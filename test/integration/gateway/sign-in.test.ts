import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callTool, signIn } from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

describe('a sign-in through the gateway', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ workers: 2 });
  });
  afterAll(async () => {
    await stack.close();
  });

  it('ends in a GitHub answer from a worker, for the person who signed in', async () => {
    const { tokens } = await signIn(stack, { login: 'hubot' });
    const response = await callTool(stack.mcpUrl, tokens.access_token);
    const text = await response.text();
    expect(response.status, text).toBe(200);
    expect(text).toContain('hubot');
  });
});
