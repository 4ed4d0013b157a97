import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePorts } from '../support/free-ports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('a gateway that cannot open a listener (shared/process)', () => {
  it.each([
    ['MCP_HTTP_PORT', {}],
    ['OPS_PORT', {}],
    ['ADMIN_PORT', { ADMIN_TOKEN: 'x'.repeat(32) }],
    ['OAUTH_METADATA_PORT', {}],
    ['OAUTH_CALLBACK_PORT', { ENABLE_OAUTH_CALLBACK_SERVER: 'true' }],
  ])('names %s and the address, without a stack, and ends with 1', async (variable, more) => {
    const stateDir = mkdtempSync(join(tmpdir(), 'process-start-'));
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.close();
      rmSync(stateDir, { recursive: true, force: true });
    });
    await once(server, 'listening');
    const taken = server.address();
    const port = typeof taken === 'object' && taken !== null ? taken.port : 0;
    const [free = 0] = await freePorts(1);
    const env = {
      PATH: process.env['PATH'] ?? '',
      STATE_DIR: stateDir,
      GITHUB_OAUTH_CLIENT_ID: 'x',
      GITHUB_OAUTH_CLIENT_SECRET: 'y',
      WORKER_URLS: 'http://127.0.0.1:9',
      MCP_HTTP_PORT: String(free),
      OPS_PORT: '0',
      ...more,
      [variable]: String(port),
    };
    const options = { cwd: root, env, encoding: 'utf8', timeout: 15_000 } as const;
    const { status, stderr } = spawnSync(process.execPath, ['gateway/main.ts'], options);
    expect(stderr).toMatch(new RegExp(`^${variable}: .*EADDRINUSE.*:${String(port)}\n$`));
    expect(status).toBe(1);
  });
});
