import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EdgeProcess } from '../../support/edge-processes.ts';
import { startEdgeGateway, startEdgeWorker } from '../../support/edge-processes.ts';
import { HOSTILE_BYTES } from '../../support/hostile-bytes.ts';
import { until } from '../../support/redis.ts';

/** Opens a connection, says something, and stays. */
async function say(port: number, bytes: Uint8Array): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

/** The moments at which a peer breaks off. */
const BREAKS: readonly (readonly [string, (socket: Socket) => Promise<void>])[] = [
  ['at once', async (socket) => void socket.resetAndDestroy()],
  [
    'once something was answered',
    async (socket) => {
      await Promise.race([once(socket, 'data'), once(socket, 'close'), delay(100)]);
      socket.resetAndDestroy();
    },
  ],
  [
    'after more bytes, without reading',
    async (socket) => {
      socket.pause();
      socket.write('\r\n\0x');
      await delay(20);
      socket.resetAndDestroy();
    },
  ],
  [
    'by a half close',
    async (socket) => {
      socket.end();
      await Promise.race([once(socket, 'close'), delay(100)]);
      socket.destroy();
    },
  ],
];

describe.each([
  ['gateway', startEdgeGateway, ['main', 'operations', 'admin', 'metadata', 'callback']],
  ['worker', startEdgeWorker, ['main', 'operations']],
] as const)('S1 B01: the listeners of a %s', (_name, start, listeners) => {
  let process: EdgeProcess;
  let before = 0;
  beforeAll(async () => {
    process = await start();
    before = process.descriptors();
  });
  afterAll(async () => {
    await process.stop();
  });

  it('are all looked at here', () => {
    const [ready = ''] = process.output
      .join('')
      .split('\n')
      .filter((line) => line.includes('"msg":"ready"'));
    const opened = Object.entries(JSON.parse(ready) as Record<string, unknown>)
      .filter(([name]) => name === 'port' || name.endsWith('Port'))
      .map(([, port]) => port);
    expect(opened.toSorted()).toEqual(Object.values(process.ports).toSorted());
    expect(Object.keys(process.ports)).toEqual(listeners);
  });

  it.each(listeners.flatMap((listener) => BREAKS.map(([moment, end]) => [listener, moment, end] as const)))(
    '%s: outlives every kind of peer that breaks off %s, and keeps no descriptor',
    async (listener, _moment, end) => {
      const port = process.ports[listener] ?? 0;
      await Promise.all(
        HOSTILE_BYTES.map(async ({ bytes }) => {
          await end(await say(port, bytes));
        }),
      );
      await until(() => process.descriptors() <= before);
      expect(process.child.exitCode).toBeNull();
      expect(process.descriptors()).toBeLessThanOrEqual(before);
    },
  );

  it('S1: 500 offers to upgrade, one more byte each and gone, leave no descriptor behind', async () => {
    const offer =
      HOSTILE_BYTES.find(({ name }) => name.startsWith('an offer of h2c'))?.bytes ?? Buffer.alloc(0);
    for (const listener of listeners) {
      const sockets = await Promise.all(
        Array.from({ length: 100 }, async () => await say(process.ports[listener] ?? 0, offer)),
      );
      await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'data'), delay(1_000)])));
      for (const socket of sockets) {
        socket.write('x');
        socket.destroy();
      }
    }
    await until(() => process.descriptors() <= before);
    expect(process.descriptors()).toBeLessThanOrEqual(before);
  });
});

describe.each([
  ['gateway', startEdgeGateway],
  ['worker', startEdgeWorker],
] as const)('S1: SIGTERM to a %s', (_name, start) => {
  it('ends it within its grace, whatever sockets its peers hold open', { timeout: 30_000 }, async () => {
    const graceSeconds = 2;
    const process = await start({ SHUTDOWN_GRACE: String(graceSeconds) });
    const held: Socket[] = [];
    for (const port of Object.values(process.ports)) {
      for (const { bytes } of HOSTILE_BYTES) {
        const socket = await say(port, bytes);
        // Peers that never read.
        socket.pause();
        held.push(socket);
      }
    }
    await delay(200);
    const exited = once(process.child, 'exit');
    const startedAt = Date.now();
    process.child.kill('SIGTERM');
    const [code] = (await exited) as [number | null];
    expect(code).toBe(0);
    expect(Date.now() - startedAt).toBeLessThan((graceSeconds + 2) * 1000);
    for (const socket of held) socket.destroy();
    await process.stop();
  });
});
