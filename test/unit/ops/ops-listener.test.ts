import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../../shared/logger.ts';
import { startOpsListener } from '../../../shared/ops/index.ts';
import type { OpsListener, OpsListenerOptions } from '../../../shared/ops/index.ts';

let open: OpsListener[] = [];

afterEach(async () => {
  await Promise.all(open.map((listener) => listener.close()));
  open = [];
});

async function start(options: Partial<OpsListenerOptions> = {}) {
  const listener = await startOpsListener({
    host: '127.0.0.1',
    port: 0,
    checks: {},
    metrics: { contentType: 'text/plain; version=0.0.4', render: async () => 'up 1\n' },
    draining: () => false,
    logger: createLogger({ level: 'fatal', name: 'test', destination: { write: () => undefined } }),
    ...options,
  });
  open.push(listener);
  return async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${listener.port}${path}`, init);
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
}

const fine = async () => ({ ok: true });
const never = () => new Promise<never>(() => undefined);

describe('startOpsListener', () => {
  it('answers /livez as long as the process runs, even while it drains or fails', async () => {
    const get = await start({ draining: () => true, checks: { store: async () => ({ ok: false }) } });
    expect(await get('/livez')).toMatchObject({ status: 200, body: 'ok\n' });
  });

  it('is ready when every check is', async () => {
    const get = await start({ checks: { store: fine, keys: fine } });
    const { status, body } = await get('/readyz');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ ready: true, draining: false, failing: [] });
  });

  it('names the checks that fail, throw or give no answer', async () => {
    const get = await start({
      checkTimeoutMs: 20,
      checks: {
        fine,
        refuses: async () => ({ ok: false, detail: 'no' }),
        throws: () => Promise.reject(new Error('broken')),
        throwsAtOnce: () => {
          throw new Error('broken at once');
        },
        silent: never,
      },
    });
    const ready = await get('/readyz');
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.body)).toEqual({
      ready: false,
      draining: false,
      failing: ['refuses', 'throws', 'throwsAtOnce', 'silent'],
    });
    const health = await get('/health');
    expect(health.status).toBe(503);
    expect(JSON.parse(health.body)).toMatchObject({
      status: 'failing',
      checks: {
        fine: { ok: true },
        refuses: { ok: false, detail: 'no' },
        throws: { ok: false, detail: 'broken' },
        throwsAtOnce: { ok: false, detail: 'broken at once' },
        silent: { ok: false, detail: 'no answer within 20 ms' },
      },
    });
  });

  it('stays ready, and says that it is degraded, for a fault that every replica has', async () => {
    const isSharedFault = (name: string) => name === 'store';
    const store = async () => ({ ok: false, detail: 'away' });
    const get = await start({ checks: { store, fine }, isSharedFault });
    const ready = await get('/readyz');
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.body)).toEqual({ ready: true, draining: false, failing: [] });
    const health = await get('/health');
    expect(health.status).toBe(200);
    expect(JSON.parse(health.body)).toMatchObject({ status: 'degraded', checks: { store: { ok: false } } });
  });

  it('is not ready when a fault of its own comes with one that every replica has', async () => {
    const isSharedFault = (name: string) => name === 'store';
    const away = async () => ({ ok: false });
    const get = await start({ checks: { store: away, own: away }, isSharedFault });
    expect(JSON.parse((await get('/readyz')).body)).toMatchObject({ ready: false, failing: ['own'] });
    expect((await get('/health')).status).toBe(503);
  });

  it('is not ready while it drains', async () => {
    const get = await start({ draining: () => true, checks: { store: fine } });
    const { status, body } = await get('/readyz');
    expect(status).toBe(503);
    expect(JSON.parse(body)).toEqual({ ready: false, draining: true, failing: [] });
  });

  it('prints no secret that a check mentions', async () => {
    const token = 'gho_ABCDEFGHIJKLMNOPQRSTUVWX';
    const get = await start({
      checks: {
        one: async () => ({ ok: false, detail: `with ${token}` }),
        two: () => Promise.reject(new Error(`with ${token}`)),
      },
    });
    expect((await get('/health')).body).not.toContain(token);
  });

  it('runs a check once for probes that overlap', async () => {
    let runs = 0;
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const slow = async () => {
      runs += 1;
      await gate;
      return { ok: true };
    };
    const get = await start({ checks: { slow } });
    const probes = [get('/readyz'), get('/readyz'), get('/health')];
    await get('/livez');
    release?.();
    await Promise.all(probes);
    expect(runs).toBe(1);
    await get('/readyz');
    expect(runs).toBe(2);
  });

  it('serves the metrics as Prometheus reads them', async () => {
    const get = await start();
    const { status, headers, body } = await get('/metrics?name=x');
    expect({ status, body }).toEqual({ status: 200, body: 'up 1\n' });
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('answers 500 without detail when the metrics fail, and goes on', async () => {
    const render = () => Promise.reject(new Error('secret detail'));
    const get = await start({ metrics: { contentType: 'text/plain', render } });
    expect(await get('/metrics')).toMatchObject({ status: 500, body: 'internal error\n' });
    expect((await get('/livez')).status).toBe(200);
  });

  it.each(['/', '/metrics/', '/METRICS', '/%6detrics', '/admin', '/mcp', '//metrics'])(
    'answers 404 for %s',
    async (path) => {
      const get = await start();
      expect((await get(path)).status).toBe(404);
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('answers 405 with Allow for %s', async (method) => {
    const get = await start();
    const { status, headers } = await get('/metrics', { method });
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'GET, HEAD' });
  });

  it('answers HEAD without a body', async () => {
    const get = await start();
    expect(await get('/metrics', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it('reports an address that cannot be bound', async () => {
    await start();
    const port = open[0]?.port ?? 0;
    await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('closes although a client keeps its connection open', async () => {
    const get = await start();
    await get('/livez');
    const [listener] = open;
    const socket = connect(listener?.port ?? 0, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    await listener?.close();
    open = [];
    await expect(get('/livez')).rejects.toThrow();
    socket.destroy();
  });
});
