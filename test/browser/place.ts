import { rmSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { makeCertificates } from '../support/certificates.ts';
import { startChromium } from '../support/chromium.ts';
import { startNginx } from '../support/nginx.ts';
import type { Stack } from '../support/stack.ts';
import { freePorts } from '../support/free-ports.ts';
import { startStack } from '../support/stack.ts';
import type { LoopbackClient } from './loopback-client.ts';
import { startLoopbackClient } from './loopback-client.ts';

/** Where a real browser meets the product: a gateway, a waiting client, and Chromium. */
export interface Place {
  readonly publicUrl: string;
  readonly mcpUrl: string;
  readonly github: Stack['github'];
  readonly client: LoopbackClient;
  readonly chromium: Browser;
  close(): Promise<void>;
}

/** The gateway by itself on http loopback, as on a developer's machine. */
export async function startLoopbackPlace(): Promise<Place> {
  const stack = await startStack();
  return await furnish(stack, [stack.close]);
}

/** Two gateways on https behind nginx, no two requests in a row to the same one. */
export async function startHttpsPlace(): Promise<Place> {
  const certificates = makeCertificates();
  const [port = 0] = await freePorts(1);
  const publicUrl = `https://localhost:${String(port)}`;
  const stack = await startStack({
    gateways: 2,
    env: { PUBLIC_URL: publicUrl },
    workerEnv: { PUBLIC_URL: publicUrl, EXTRA_CA_FILE: certificates.caFile },
  });
  const closers = [stack.close, async () => rmSync(certificates.folder, { recursive: true, force: true })];
  try {
    const nginx = await startNginx({ port, backEnds: stack.gateways, certificates });
    closers.unshift(nginx.close);
    return await furnish({ ...stack, publicUrl, mcpUrl: `${publicUrl}/mcp` }, closers, certificates.certFile);
  } catch (error) {
    for (const close of closers) await close();
    throw error;
  }
}

async function furnish(
  stack: Stack,
  closers: readonly (() => Promise<void>)[],
  certFile?: string,
): Promise<Place> {
  const client = await startLoopbackClient(stack.publicUrl);
  const chromium = await startChromium(certFile);
  return {
    publicUrl: stack.publicUrl,
    mcpUrl: stack.mcpUrl,
    github: stack.github,
    client,
    chromium,
    close: async () => {
      await chromium.close();
      await client.close();
      for (const close of closers) await close();
    },
  };
}
