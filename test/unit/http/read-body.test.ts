import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BodyReading } from '../../../gateway/http/read-body.ts';
import { readBody } from '../../../gateway/http/read-body.ts';

const MAX = 100;

/** A server that reads one body in its own way, and a socket to it. */
async function serve(read: (req: IncomingMessage, res: ServerResponse) => Promise<BodyReading>) {
  let settle: (reading: BodyReading) => void = () => undefined;
  const reading = new Promise<BodyReading>((resolve) => (settle = resolve));
  const server = createServer((req, res) => {
    void read(req, res).then((outcome) => {
      settle(outcome);
      res.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
    server.close();
  });
  await once(socket, 'connect');
  return { socket, reading };
}

const head = (length: number) => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${String(length)}\r\n\r\n`;
const CHUNKED = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
const text = (reading: BodyReading) => (reading.ok ? reading.body.toString() : reading.reason);

describe('the body of a request', () => {
  it.each([
    ['in one piece', [`${head(5)}hello`], 'hello'],
    ['in several', [`${head(5)}he`, 'l', 'lo'], 'hello'],
    ['in chunks', [`${CHUNKED}2\r\nhe\r\n`, '3\r\nllo\r\n0\r\n\r\n'], 'hello'],
    ['that is empty', [head(0)], ''],
    ['as long as is allowed', [head(MAX) + 'x'.repeat(MAX)], 'x'.repeat(MAX)],
    ['that is announced longer', [head(MAX + 1)], 'too_large'],
    ['that becomes longer', [`${CHUNKED}65\r\n${'x'.repeat(101)}\r\n`], 'too_large'],
  ])('%s', async (_how, pieces, expected) => {
    const { socket, reading } = await serve(async (req) => await readBody(req, MAX));
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(text(await reading)).toBe(expected);
  });

  it('of a client that leaves meanwhile is aborted', async () => {
    const { socket, reading } = await serve(async (req) => await readBody(req, MAX));
    socket.write(`${head(5)}he`);
    setImmediate(() => socket.destroy());
    expect(text(await reading)).toBe('aborted');
  });

  it('of a client that left before anybody read it is aborted, and keeps nobody waiting', async () => {
    const { socket, reading } = await serve(async (req) => {
      await new Promise((resolve) => req.on('close', resolve));
      return await readBody(req, MAX);
    });
    socket.write(`${head(5)}he`);
    setImmediate(() => socket.destroy());
    expect(text(await reading)).toBe('aborted');
  });

  it('for which there is no room is not read', async () => {
    const asked: number[] = [];
    const { socket, reading } = await serve(
      async (req) =>
        await readBody(req, MAX, (bytes) => {
          asked.push(bytes);
          return false;
        }),
    );
    socket.write(`${head(5)}hello`);
    expect(text(await reading)).toBe('no_room');
    expect(asked).toEqual([5]);
  });
});
