import { createServer, globalAgent, request } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createProxy } from '../../../gateway/workers/middleware.ts';
import { workerRequestHeaders } from '../../../gateway/workers/headers.ts';
import type { ProxyOutcome } from '../../../gateway/workers/middleware.ts';
import { systemClock } from '../../../shared/clock.ts';
import { createEventBus } from '../../../shared/ops/index.ts';
import { until } from '../../support/redis.ts';
import { freePorts } from '../../support/free-ports.ts';

async function listen(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, server };
}

/** A gateway edge in front of the given workers that records how each call ended. */
async function openEdge(
  workerUrls: readonly string[],
  options: { timeoutMs?: number; cancel?: boolean; isUnread?: boolean } = {},
) {
  const events = createEventBus();
  const proxy = await createProxy({
    workerUrls,
    requestTimeoutMs: options.timeoutMs ?? 5_000,
    clock: systemClock,
    events,
  });
  onTestFinished(proxy.close);
  const outcomes: ProxyOutcome[] = [];
  const settled: (() => void)[] = [];
  const edge = await listen((req: IncomingMessage, res: ServerResponse) => {
    // The systems buffer what they will: the answer waits behind it for a client that reads nothing.
    while (options.isUnread === true && req.socket.writableLength === 0) req.socket.write(Buffer.alloc(4096));
    const call = {
      path: '/mcp',
      headers: ['content-type', 'application/json'],
      body: Buffer.from('{"a":1}'),
      cancelOnDisconnect: options.cancel ?? true,
      account: 'somebody',
      arrivedAt: systemClock.now(),
      mayNeed: ['repo'],
    };
    void proxy.forward(req, res, call).then((outcome) => {
      outcomes.push(outcome);
      if (!res.headersSent && !res.destroyed) res.writeHead(500).end(outcome.kind);
      for (const resolve of settled) resolve();
    });
  });
  const nextOutcome = async () => {
    if (outcomes.length === 0) await new Promise<void>((resolve) => settled.push(resolve));
    return outcomes[0];
  };
  const connections = new Set<Socket>();
  edge.server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  return { url: edge.url, proxy, nextOutcome, openConnections: () => connections.size };
}

describe('the proxy', () => {
  it('forwards body and headers to a worker without opening a socket of an http.Agent (Node CVE-2026-105481)', async () => {
    const seen: string[] = [];
    const worker = await listen((req, res) => {
      req
        .on('data', (chunk: Buffer) => seen.push(chunk.toString()))
        .on('end', () => {
          res.writeHead(200, { 'content-type': 'application/json' }).end('{"b":2}');
        });
    });
    const edge = await openEdge([worker.url]);
    const before = Object.keys(globalAgent.sockets).length;
    const answer = await fetch(edge.url, { method: 'POST', body: 'ignored: the body was read before' });
    expect(await answer.text()).toBe('{"b":2}');
    expect(seen.join('')).toBe('{"a":1}');
    expect(Object.keys(globalAgent.sockets).length).toBe(before);
  });

  it('keeps what a client has not read of a complete answer for 30 s and not longer (case 195)', async () => {
    const worker = await listen((_req, res) => {
      res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    const edge = await openEdge([worker.url], { isUnread: true });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { port } = new URL(edge.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.pause();
    socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n');
    expect(await edge.nextOutcome()).toMatchObject({ kind: 'answered' });
    vi.advanceTimersByTime(29_999);
    await new Promise(setImmediate);
    expect(edge.openConnections()).toBe(1);
    vi.advanceTimersByTime(1);
    await until(() => edge.openConnections() === 0);
  });

  it('drops what a worker says to browsers and about itself', async () => {
    const worker = await listen((_req, res) => {
      res.writeHead(200, {
        'content-type': 'application/json',
        'set-cookie': 'a=b',
        location: 'http://internal/',
        server: 'worker',
        'access-control-allow-origin': '*',
        'strict-transport-security': 'max-age=1',
        'x-internal': '1',
      });
      res.end('{}');
    });
    const edge = await openEdge([worker.url]);
    const answer = await fetch(edge.url, { method: 'POST' });
    await answer.text();
    const names = [...answer.headers.keys()];
    for (const name of [
      'set-cookie',
      'location',
      'server',
      'access-control-allow-origin',
      'strict-transport-security',
      'x-internal',
    ]) {
      expect(names).not.toContain(name);
    }
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('streams an answer as it comes', async () => {
    let finish = () => {};
    const worker = await listen((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: 1\n\n');
      finish = () => res.end('data: 2\n\n');
    });
    const edge = await openEdge([worker.url]);
    const answer = await fetch(edge.url, { method: 'POST' });
    const reader = answer.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe('data: 1\n\n');
    finish();
    const second = await reader?.read();
    expect(Buffer.from(second?.value ?? []).toString()).toBe('data: 2\n\n');
  });

  it('goes to another worker when one refuses the connection: nothing had been sent', async () => {
    const [deadPort] = await freePorts(1);
    const worker = await listen((_req, res) => res.end('alive'));
    const edge = await openEdge([`http://127.0.0.1:${String(deadPort)}`, worker.url]);
    for (let count = 0; count < 4; count += 1) {
      const answer = await fetch(edge.url, { method: 'POST' });
      expect(await answer.text()).toBe('alive');
    }
  });

  it('says that there is no worker when none accepts', async () => {
    const ports = await freePorts(3);
    const edge = await openEdge(ports.map((port) => `http://127.0.0.1:${String(port)}`));
    await fetch(edge.url, { method: 'POST' });
    expect(await edge.nextOutcome()).toEqual({ kind: 'no_worker' });
  });

  it('does not send a call again that a worker may have seen', async () => {
    let calls = 0;
    const dying: RequestListener = (req) => {
      calls += 1;
      req.socket.destroy();
    };
    const workers = [await listen(dying), await listen(dying)];
    const edge = await openEdge(workers.map(({ url }) => url));
    await fetch(edge.url, { method: 'POST' });
    expect(await edge.nextOutcome()).toEqual({ kind: 'failed' });
    expect(calls).toBe(1);
  });

  it('gives up on a worker that does not begin its answer in time', async () => {
    const worker = await listen(() => undefined);
    const edge = await openEdge([worker.url], { timeoutMs: 50 });
    await fetch(edge.url, { method: 'POST' });
    expect(await edge.nextOutcome()).toEqual({ kind: 'timeout' });
  });

  it('cuts the client off when an answer breaks off, so that a part is not taken for the whole', async () => {
    const worker = await listen((_req, res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      res.write('{"half":', () => res.destroy());
    });
    const edge = await openEdge([worker.url]);
    const answer = await fetch(edge.url, { method: 'POST' });
    await expect(answer.text()).rejects.toThrow();
    expect(await edge.nextOutcome()).toEqual({ kind: 'broken_off' });
  });

  it('keeps a worker’s 401 to itself: the gateway answers with its own challenge', async () => {
    const worker = await listen((_req, res) =>
      res.writeHead(401, { 'www-authenticate': 'Bearer' }).end('secret detail'),
    );
    const edge = await openEdge([worker.url]);
    const answer = await fetch(edge.url, { method: 'POST' });
    expect(await answer.text()).toBe('unauthorized');
    expect(await edge.nextOutcome()).toEqual({ kind: 'unauthorized' });
  });

  it.each([
    ['cancels a stateless call when its client leaves', true],
    ['lets a legacy call run on when its client leaves (MCP 2025-11-25, transports)', false],
  ])('%s', async (_name, cancel) => {
    let workerSawClose: () => void = () => undefined;
    const closed = new Promise<'cancelled'>((resolve) => {
      workerSawClose = () => {
        resolve('cancelled');
      };
    });
    let answered: () => void = () => undefined;
    const ran = new Promise<'ran on'>((resolve) => {
      answered = () => {
        resolve('ran on');
      };
    });
    let started: () => void = () => undefined;
    const hasStarted = new Promise<void>((resolve) => {
      started = resolve;
    });
    const pending: ServerResponse[] = [];
    const worker = await listen((_req, res) => {
      res.once('close', () => {
        if (res.writableFinished) answered();
        else workerSawClose();
      });
      pending.push(res);
      started();
    });
    const edge = await openEdge([worker.url], { cancel });
    const client = request(edge.url, { method: 'POST' });
    client.on('error', () => undefined);
    client.end();
    await hasStarted;
    client.destroy();
    if (!cancel) setImmediate(() => pending[0]?.end('late'));
    expect(await Promise.race([closed, ran])).toBe(cancel ? 'cancelled' : 'ran on');
  });
});

describe('the head of a worker request', () => {
  const own = { authorization: 'Bearer t', context: 'c', requestId: 'r', isJsonOnly: false };
  const named = (list: readonly string[], name: string) =>
    list.filter((_, index) => list[index - 1] === name);

  it('carries nothing a client invents (oauth2-proxy CVE-2025-64484)', () => {
    const list = workerRequestHeaders(
      {
        'x-gw-context': 'forged',
        'x-forwarded-user': 'admin',
        x_gw_context: 'forged',
        cookie: 'a=b',
        'proxy-authorization': 'x',
        'x-request-id': 'forged',
        authorization: 'Bearer forged',
        'content-type': 'multipart/form-data',
        host: 'evil',
      },
      own,
    );
    expect(list.join('\n')).not.toMatch(/forged|admin|a=b|evil|multipart/);
    expect(named(list, 'x-gw-context')).toEqual(['c']);
    expect(named(list, 'authorization')).toEqual(['Bearer t']);
  });

  it('passes mirrored and parameter headers on (MCP 2026-07-28)', () => {
    const list = workerRequestHeaders(
      { 'mcp-method': 'tools/call', 'mcp-name': 'x', 'mcp-param-region': 'eu', traceparent: '00-a' },
      own,
    );
    for (const [name, value] of [
      ['mcp-method', 'tools/call'],
      ['mcp-name', 'x'],
      ['mcp-param-region', 'eu'],
      ['traceparent', '00-a'],
    ] as const) {
      expect(named(list, name)).toEqual([value]);
    }
  });
});
