import { afterAll, beforeAll } from 'vitest';
import type { SignInPlace } from './oauth-client.ts';
import type { Exchange, ReverseProxy } from './reverse-proxy.ts';
import { startReverseProxy } from './reverse-proxy.ts';
import type { Stack, StackOptions } from './stack.ts';
import { startStack } from './stack.ts';

/** A stack behind a proxy that writes down what clients send; the proxy's URL is the gateway's public one. */
export interface FrontedStack extends SignInPlace {
  readonly mcpUrl: string;
  readonly stack: Stack;
  /** Everything that passed so far. */
  readonly exchanges: readonly Exchange[];
}

/** Starts the stack before the tests of the enclosing `describe` or file and closes it after them. */
export function useFrontedStack(options: () => StackOptions = () => ({})): FrontedStack {
  let started: { front: ReverseProxy; stack: Stack } | undefined;
  beforeAll(async () => {
    const front = await startReverseProxy();
    const { env, workerEnv, ...others } = options();
    const publicUrl = { PUBLIC_URL: front.url };
    const stack = await startStack({
      ...others,
      env: { ...publicUrl, ...env },
      workerEnv: { ...publicUrl, ...workerEnv },
    });
    front.forward(stack.publicUrl);
    started = { front, stack };
  });
  afterAll(async () => {
    await started?.front.close();
    await started?.stack.close();
  });
  const get = () => {
    if (started === undefined) throw new Error('the stack is used before it was started');
    return started;
  };
  return {
    get publicUrl() {
      return get().front.url;
    },
    get mcpUrl() {
      return `${get().front.url}/mcp`;
    },
    get github() {
      return get().stack.github;
    },
    get stack() {
      return get().stack;
    },
    get exchanges() {
      return get().front.exchanges;
    },
  };
}
