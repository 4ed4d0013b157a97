import { describe, expect, it } from 'vitest';
import { choosePorts } from '../../../deploy/launcher/choose-ports.ts';
import {
  DEFAULT_ADDRESSES,
  planProduct,
  productPortRequests,
} from '../../../deploy/launcher/product-plan.ts';
import { planStart } from '../../../deploy/launcher/start-plan.ts';

const logFile = (name: string) => `logs/${name}.log`;

const plan = (env: Record<string, string>, workers = 2) => {
  const requests = productPortRequests(DEFAULT_ADDRESSES, workers);
  const ports = new Map(requests.map(({ name, preferred }) => [name, preferred]));
  return planProduct({ env, ports, workers, stateDir: 'state', logFile });
};

describe('the processes of a launcher', () => {
  it('share issuer and state folder, and the gateway knows its workers', () => {
    const { gateway, workers, publicUrl } = plan({});
    expect(publicUrl).toBe('http://localhost:3000');
    for (const { env } of [gateway, ...workers]) {
      expect(env).toMatchObject({ PUBLIC_URL: 'http://localhost:3000', STATE_DIR: 'state' });
    }
    expect(gateway.env['WORKER_URLS']).toBe('http://127.0.0.1:8080,http://127.0.0.1:8081');
    expect(workers.map(({ env }) => env['WORKER_PORT'])).toEqual(['8080', '8081']);
  });

  it('want ports that are all different', () => {
    const wanted = productPortRequests(DEFAULT_ADDRESSES, 64).map(({ preferred }) => preferred);
    expect(new Set(wanted).size).toBe(wanted.length);
  });

  it('leave the ports of side listeners to them, also ones that an earlier start gave to a worker', async () => {
    const admin = { name: 'admin', host: '127.0.0.1', port: 9466, variable: 'ADMIN_PORT' } as const;
    const requests = productPortRequests(
      { ...DEFAULT_ADDRESSES, side: [{ ...admin, field: 'adminPort' }] },
      3,
    );
    const kept = new Map([['worker-2-ops', 9466]]);
    const { ports } = await choosePorts(requests, kept, () => Promise.resolve(true));
    expect(ports.get('gateway-admin')).toBe(9466);
    expect(new Set(ports.values()).size).toBe(ports.size);
  });

  it('want no port that a gateway opens by default', () => {
    const env = {
      GITHUB_OAUTH_CLIENT_ID: 'x',
      GITHUB_OAUTH_CLIENT_SECRET: 'y',
      ADMIN_TOKEN: 'x'.repeat(32),
      ENABLE_OAUTH_CALLBACK_SERVER: 'true',
    };
    const { addresses } = planStart(env, 64, () => '');
    const wanted = productPortRequests(addresses, 64).map(({ preferred }) => preferred);
    expect(addresses.side).toHaveLength(2);
    expect(new Set(wanted).size).toBe(wanted.length);
  });

  it('get every other variable as it is', () => {
    const { gateway, workers } = plan({ ACCESS_TOKEN_TTL: '60' });
    for (const { env } of [gateway, ...workers]) expect(env['ACCESS_TOKEN_TTL']).toBe('60');
  });

  it('leave WORKER_URLS alone when no worker is started here', () => {
    const { gateway, workers } = plan({ WORKER_URLS: 'http://127.0.0.1:9000' }, 0);
    expect(workers).toEqual([]);
    expect(gateway.env['WORKER_URLS']).toBe('http://127.0.0.1:9000');
  });

  it('fetch keys from the gateway beside them, unless JWKS_URL says otherwise', () => {
    const behindBalancer = plan({ PUBLIC_URL: 'https://mcp.example.com', MCP_HTTP_HOST: '0.0.0.0' });
    expect(behindBalancer.workers[0]?.env['JWKS_URL']).toBe('http://127.0.0.1:3000/jwks');
    expect(plan({ JWKS_URL: 'https://keys.example.com/' }).workers[0]?.env['JWKS_URL']).toBe(
      'https://keys.example.com/',
    );
  });

  it.each([
    ['0.0.0.0', 'http://127.0.0.1:9464'],
    ['::', 'http://[::1]:9464'],
    ['10.0.0.7', 'http://10.0.0.7:9464'],
  ])('are probed where this machine reaches OPS_HOST=%s', (host, url) => {
    const { gateway, opsUrl } = plan({ OPS_HOST: host });
    expect(opsUrl).toBe(url);
    expect(gateway.readyWhen[0]).toEqual({ url: `${url}/readyz`, status: 200 });
  });

  it('have longer than their own drain before they are killed', () => {
    expect(plan({ SHUTDOWN_GRACE: '60' }).gateway.stopLimitMs).toBeGreaterThan(60_000);
    expect(plan({}).gateway.stopLimitMs).toBeGreaterThan(20_000);
  });
});
