import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signIn } from '../../support/oauth-client.ts';
import { startReverseProxy } from '../../support/reverse-proxy.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';
import { startFixtureWorker } from '../fixture-worker/index.ts';

/**
 * A gateway with a worker behind it and, in front, a proxy that adds the token of a person signed in: the conformance
 * suite cannot carry one.
 */
export interface Target {
  readonly stack: Stack;
  /** The MCP endpoint behind the proxy: no token needed. */
  readonly mcpUrl: string;
  close(): Promise<void>;
}

/** @throws when the gateway does not start or nobody can sign in; everything started is closed then. */
export async function startTarget(kind: 'fixture worker' | 'GitHub worker'): Promise<Target> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const each of closers.toReversed()) await each();
  };
  try {
    const proxy = await startReverseProxy();
    closers.push(proxy.close);
    const fixture = kind === 'fixture worker' ? await startFixtureWorker() : undefined;
    const stack = await startStack({
      workers: fixture === undefined ? 1 : 0,
      env: {
        // The suite cannot refresh, and pages of the proxy's origin are what it calls allowed.
        ACCESS_TOKEN_TTL: '3600',
        ALLOWED_ORIGINS: proxy.url,
        ...(fixture === undefined ? {} : { WORKER_URLS: fixture.url }),
      },
    });
    closers.push(stack.close);
    if (fixture !== undefined) {
      closers.push(fixture.close);
      const gateKey = await readFile(join(stack.stateDir, 'worker-gate-key'), 'utf8');
      fixture.trust({ issuer: stack.publicUrl, gateKey: gateKey.trim() });
    }
    const { tokens } = await signIn(stack);
    proxy.forward(stack.publicUrl, ['Authorization', `Bearer ${tokens.access_token}`]);
    return { stack, mcpUrl: `${proxy.url}/mcp`, close };
  } catch (error) {
    await close();
    throw error;
  }
}
