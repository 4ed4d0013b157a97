import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { acceptsConnections } from '../../support/accepts-connections.ts';
import { startHaProxy } from '../../support/haproxy.ts';
import { freePorts } from '../../support/free-ports.ts';
import { useStack } from '../../support/use-stack.ts';

const shared = useStack(() => ({ env: { OAUTH_METADATA_PORT: '0' } }));
const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('JavaClient.java', import.meta.url));

const REGISTRATION = JSON.stringify({ redirect_uris: ['http://127.0.0.1/callback'] });

/** What a client asks for from first contact to its first call. */
function firstContact(base: string): string[] {
  return [
    `GET ${base}/health`,
    `GET ${base}/.well-known/oauth-protected-resource/mcp`,
    `GET ${base}/.well-known/oauth-authorization-server`,
    `POST ${base}/register application/json ${REGISTRATION}`,
    `POST ${base}/token application/x-www-form-urlencoded grant_type=refresh_token&refresh_token=x&client_id=x`,
    `POST ${base}/mcp application/json {"jsonrpc":"2.0","id":1,"method":"ping"}`,
  ];
}
const EXPECTED = [200, 200, 200, 201, 401, 401];

describe('B02: Java’s own client', () => {
  it('gets every answer on a plain http address, with its offer of h2c', { timeout: 60_000 }, async () => {
    const { stdout } = await run('java', [PROGRAM, ...firstContact(shared.stack.publicUrl)]);
    expect(stdout.trim().split('\n')).toEqual(EXPECTED.map((status) => `HTTP_1_1 ${String(status)} true`));
  });

  it('gets them from a worker and the metadata listener too', { timeout: 60_000 }, async () => {
    const asked = [
      `GET ${shared.stack.workers[0] ?? ''}/mcp`,
      `GET ${shared.stack.side['metadata'] ?? ''}/health`,
    ];
    const { stdout } = await run('java', [PROGRAM, ...asked]);
    expect(stdout.trim().split('\n')).toEqual(['HTTP_1_1 401 true', 'HTTP_1_1 200 true']);
  });
});

/** Asks as curl does, and answers the statuses. */
async function curl(...args: string[]): Promise<string> {
  const { stdout } = await run('curl', [
    '--silent',
    '--http2',
    '--max-time',
    '5',
    '-w',
    '\n%{http_code} %{http_version}',
    ...args,
  ]);
  return stdout.trim().split('\n').at(-1) ?? '';
}

describe('B01 B02: curl --http2', () => {
  it('is answered as HTTP/1.1', async () => {
    expect(await curl(`${shared.stack.publicUrl}/health`)).toBe('200 1.1');
    expect(await curl('--data', 'grant_type=x', `${shared.stack.publicUrl}/token`)).toBe('400 1.1');
  });
});

describe('HAProxy as it comes', () => {
  const start = async (check = 'GET /health') => {
    const [port = 0] = await freePorts(1);
    const proxy = await startHaProxy({ port, backEnds: [shared.stack.publicUrl], check });
    onTestFinished(proxy.close);
    return proxy;
  };

  it.each([
    '',
    'GET /health',
    'HEAD /health',
    'OPTIONS /health',
    'GET /health HTTP/1.1\\r\\nHost:\\ gateway_1',
  ])('B04: with `option httpchk %s` finds the gateway up', async (check) => {
    const proxy = await start(check);
    // Long enough for several checks: the first state is UP until one has failed.
    await delay(500);
    expect(await proxy.health()).toEqual([expect.stringMatching(/^UP/)]);
  });

  it('B01: passes the offer of curl --http2 on, resets, and the gateway goes on', async () => {
    const proxy = await start();
    for (let index = 0; index < 20; index += 1) expect(await curl(`${proxy.url}/health`)).toMatch(/^200/);
    expect((await fetch(`${shared.stack.publicUrl}/health`)).status).toBe(200);
  });

  it('B02: lets Java’s client through', { timeout: 60_000 }, async () => {
    const proxy = await start();
    const { stdout } = await run('java', [PROGRAM, ...firstContact(proxy.url)]);
    expect(stdout.trim().split('\n')).toEqual(EXPECTED.map((status) => `HTTP_1_1 ${String(status)} true`));
  });
});

describe('nginx with the lines that people copy', () => {
  /** A plain http server in front of an upstream whose name nginx sends as Host. */
  async function startPlainNginx(lines: string): Promise<string> {
    const [port = 0] = await freePorts(1);
    const folder = mkdtempSync(join(tmpdir(), 'nginx-test-'));
    const file = join(folder, 'nginx.conf');
    writeFileSync(
      file,
      `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; user root;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  upstream mcp_gateway { server 127.0.0.1:${new URL(shared.stack.publicUrl).port}; }
  server { listen 127.0.0.1:${String(port)}; location / { proxy_pass http://mcp_gateway; ${lines} } }
}`,
    );
    const child = spawn('nginx', ['-p', folder, '-c', file], { stdio: 'ignore' });
    onTestFinished(async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    });
    for (let attempt = 0; attempt < 200 && !(await acceptsConnections(port)); attempt += 1) await delay(25);
    return `http://127.0.0.1:${String(port)}`;
  }

  it.each([
    ['B05: upstream mcp_gateway and nothing more', ''],
    [
      'B02: the lines for WebSockets',
      `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection 'upgrade';`,
    ],
    [
      'keep-alive to the upstream',
      'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_buffering off;',
    ],
  ])('%s', { timeout: 60_000 }, async (_title, lines) => {
    const base = await startPlainNginx(lines);
    const { stdout } = await run('java', [PROGRAM, ...firstContact(base)]);
    expect(stdout.trim().split('\n')).toEqual(EXPECTED.map((status) => `HTTP_1_1 ${String(status)} true`));
    expect(
      await curl('--data-binary', 'x'.repeat(100_000), '-H', 'content-type: application/json', `${base}/mcp`),
    ).toMatch(/^401/);
  });
});
