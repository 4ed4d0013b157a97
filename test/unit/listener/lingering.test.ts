import { once } from 'node:events';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenOn } from '../../../shared/listener/index.ts';

const BODY_BYTES = 400_000;

/** Refuses at once, without a look at the body. */
async function startRefusing() {
  const listening = await listenOn(
    (_req, res) => {
      res.writeHead(401, { connection: 'close', 'content-length': 2 }).end('no');
    },
    { host: '127.0.0.1', port: 0 },
  );
  onTestFinished(async () => await listening.close(0));
  return listening.port;
}

describe('a connection that closes while its body is still under way (RFC 9112 §9.6)', () => {
  it.each(['1.0', '1.1'])(
    'HTTP/%s: takes the rest, so that no reset takes the answer away',
    async (version) => {
      const socket = connect({ port: await startRefusing(), host: '127.0.0.1', allowHalfOpen: true });
      const faults: Error[] = [];
      socket.on('error', (error) => void faults.push(error));
      socket.write(
        `POST / HTTP/${version}\r\nhost: localhost\r\ncontent-length: ${String(BODY_BYTES)}\r\n\r\n`,
      );
      await once(socket, 'readable');
      const part = Buffer.alloc(BODY_BYTES / 100, 'x');
      for (let sent = 0; sent < BODY_BYTES; sent += part.length) {
        await new Promise((resolve) => socket.write(part, resolve));
      }
      expect((await buffer(socket)).toString()).toMatch(/^HTTP\/1\.1 401 [^]*no$/);
      socket.end();
      await once(socket, 'close');
      expect(faults).toEqual([]);
    },
  );

  it('does not wait for a peer that never sends the rest', async () => {
    const socket = connect({ port: await startRefusing(), host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    socket.write(`POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${String(BODY_BYTES)}\r\n\r\nx`);
    const startedAt = performance.now();
    socket.resume();
    await once(socket, 'end');
    const probe = setInterval(() => socket.write('x'), 20);
    // What is sent after the cut is answered with a reset, which is the end that is waited for.
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(probe);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });
});
