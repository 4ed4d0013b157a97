import { afterAll, beforeAll } from 'vitest';
import type { RegisteredClient } from './oauth-client.ts';
import { registerClient } from './oauth-client.ts';
import type { Stack, StackOptions } from './stack.ts';
import { startStack } from './stack.ts';

/** One stack for a whole test file, with a public client registered at it. */
export interface SharedStack {
  readonly stack: Stack;
  readonly client: RegisteredClient;
}

/** Starts a stack before the tests of the enclosing `describe` or file and closes it after them. */
export function useStack(options: () => StackOptions = () => ({})): SharedStack {
  let started: SharedStack | undefined;
  beforeAll(async () => {
    const stack = await startStack(options());
    started = { stack, client: await registerClient(stack.publicUrl) };
  });
  afterAll(async () => {
    await started?.stack.close();
  });
  const get = () => {
    if (started === undefined) throw new Error('the stack is used before it was started');
    return started;
  };
  return {
    get stack() {
      return get().stack;
    },
    get client() {
      return get().client;
    },
  };
}
