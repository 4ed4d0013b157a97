import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { GET_ME, legacyRequest, modernRequest } from '../support/mcp-messages.ts';
import { until } from '../support/redis.ts';
import { useRecordedStack } from '../support/use-recorded-stack.ts';

const shared = useRecordedStack();
const KIB = 1024;
const MIB = 1024 * KIB;

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
  vi.useRealTimers();
});

/** A connection to the gateway that a test writes to by hand. */
function connectRaw(): Socket {
  const socket = connect(Number(new URL(shared.stack.publicUrl).port), '127.0.0.1');
  // Being cut off is what is waited for.
  socket.on('error', () => undefined);
  open.push(socket);
  return socket;
}

describe('clients that send slowly', () => {
  const CONNECTIONS = 50;

  it(
    '190 are closed 10 s after they connected, and honest requests do not wait for them',
    { timeout: 30_000 },
    async () => {
      const started = Date.now();
      const closedAfter: number[] = [];
      const received: string[] = [];
      const slow = Array.from({ length: CONNECTIONS }, (_, index) => {
        const socket = connectRaw();
        socket.on('data', (chunk: Buffer) => received.push(chunk.toString('latin1')));
        socket.on('close', () => closedAfter.push(Date.now() - started));
        // Some say nothing at all.
        if (index % 5 > 0) socket.write('POST /mcp HTTP/1.1\r\nhost: localhost\r\nx: ');
        return { socket, isSilent: index % 5 === 0 };
      });
      const honest: number[] = [];
      while (closedAfter.length < CONNECTIONS && Date.now() - started < 20_000) {
        for (const { socket, isSilent } of slow) if (!isSilent && socket.writable) socket.write('y');
        const asked = Date.now();
        expect((await fetch(`${shared.stack.publicUrl}/health`)).status).toBe(200);
        honest.push(Date.now() - asked);
        await delay(250);
      }
      expect(closedAfter).toHaveLength(CONNECTIONS);
      expect(Math.min(...closedAfter)).toBeGreaterThan(9_000);
      expect(Math.max(...closedAfter)).toBeLessThan(13_000);
      expect(received.join('')).toContain('408 Request Timeout');
      expect(Math.max(...honest)).toBeLessThan(1_000);
    },
  );
});

describe('a client that stops reading a stream', () => {
  const CHUNK = Buffer.alloc(64 * KIB, 'x');
  const ENDLESS = 256 * MIB;

  /** A worker that writes as much as it is let; answers how much that was. */
  function flood() {
    let answer: ServerResponse | undefined;
    let sent = 0;
    const write = () => {
      while (answer?.destroyed === false && sent < ENDLESS) {
        sent += CHUNK.length;
        if (!answer.write(CHUNK)) return;
      }
    };
    shared.worker.answerWith((res) => {
      answer = res;
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(': open\n\n');
      res.on('drain', write);
    });
    return { write, sent: () => sent, isOpen: () => answer?.destroyed === false };
  }

  /** Sends a call and reads no more than the beginning of its answer. */
  async function callAndStopReading(of: { headers: Record<string, string>; body: unknown }) {
    const body = JSON.stringify(of.body);
    const headers = Object.entries(of.headers).filter(([name]) => name !== 'content-type');
    const socket = connectRaw();
    socket.write(
      shared.authenticated(
        [...headers.map(([name, value]) => `${name}: ${value}`), `content-length: ${String(body.length)}`],
        body,
      ),
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    return socket;
  }

  /** Waits until a worker is held back: nothing more was taken from it for a while. */
  async function untilHeldBack(sent: () => number) {
    let last = -1;
    while (last !== sent()) {
      last = sent();
      await delay(200);
    }
  }

  it('195 is cut after 30 s; until then little is buffered, and the worker is free again', async () => {
    const stream = flood();
    const next = shared.worker.next();
    const { body, headers } = modernRequest('tools/call', GET_ME);
    await callAndStopReading({ body, headers });
    const { cutOff } = await next;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    stream.write();
    await untilHeldBack(stream.sent);
    // What both systems buffer for two connections on loopback, and no more of the 256 MiB.
    expect(stream.sent()).toBeLessThan(64 * MIB);
    vi.advanceTimersByTime(29_000);
    await delay(100);
    expect(stream.isOpen()).toBe(true);
    vi.advanceTimersByTime(1_000);
    await cutOff;
  });

  it('195 does not hold the worker of a legacy call, whose work goes on without it', async () => {
    const stream = flood();
    const next = shared.worker.next();
    await callAndStopReading(legacyRequest('tools/call', GET_ME));
    await next;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    stream.write();
    await untilHeldBack(stream.sent);
    const held = stream.sent();
    vi.advanceTimersByTime(30_000);
    await until(() => stream.sent() > held + 64 * MIB);
  });

  it('195 is not cut while it reads, however slowly', async () => {
    const stream = flood();
    const { body, headers } = modernRequest('tools/call', GET_ME);
    const socket = await callAndStopReading({ body, headers });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    stream.write();
    for (let turn = 0; turn < 4; turn += 1) {
      await untilHeldBack(stream.sent);
      const held = stream.sent();
      vi.advanceTimersByTime(29_000);
      socket.resume();
      await until(() => stream.sent() > held + 8 * MIB);
      socket.pause();
    }
    expect(stream.isOpen()).toBe(true);
  });
});
