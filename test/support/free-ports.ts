import { createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections (from 32768): one of those is easily taken between its choice
 * and its use. Above those that browsers refuse.
 */
const FIRST = 11_000;
const LAST = 31_999;
/** Test processes that run side by side take from different slices. */
const SLICE = 500;
const SLICES = Math.floor((LAST - FIRST + 1) / SLICE);

const start = FIRST + (process.pid % SLICES) * SLICE;
let taken = 0;

/** Loopback ports that nobody listens on, none of them twice in a row. @throws when too few are free. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries += 1) {
    if (tries > SLICE) throw new Error('no free ports');
    const port = start + (taken++ % SLICE);
    if ((await isFree(port, '127.0.0.1')) && (await isFree(port, '::1'))) ports.push(port);
  }
  return ports;
}

async function isFree(port: number, host: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    // A machine without IPv6 has nothing on it either.
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT');
    });
    server.listen(port, host, () =>
      server.close(() => {
        resolve(true);
      }),
    );
  });
}
