import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { IsPortFree } from './choose-ports.ts';

/** Both loopback addresses: what `localhost` means to a listener here. */
export const LOOPBACK = ['127.0.0.1', '::1'] as const;

/** Whether a listener can be opened now; an address the machine does not have is no obstacle. */
export const isPortFree: IsPortFree = async (port, hosts) => {
  for (const host of hosts) {
    if (!(await canListen(port, host))) return false;
  }
  return true;
};

async function canListen(port: number, host: string): Promise<boolean> {
  const server = createServer();
  return await new Promise<boolean>((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT');
    });
    server.listen({ port, host, ipv6Only: host.includes(':'), exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

const POLL_MS = 100;

/** Children of a killed launcher need this long at most to free their ports when they have nothing to drain (ms). */
export const LEFTOVER_LIMIT_MS = 5_000;

/** Waits until all ports are free, at most `limitMs`; answers either way. */
export async function waitUntilFree(ports: Iterable<number>, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (const port of ports) {
    while (performance.now() < deadline && !(await isPortFree(port, LOOPBACK))) await delay(POLL_MS);
  }
}
