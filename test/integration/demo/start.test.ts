import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DEMO_OAUTH_APP, startGitHubSimulator } from '../../github-simulator/index.ts';
import { freePorts } from '../../support/free-ports.ts';
import { addressesOf, processesOf, startLauncher, temporaryFolder } from './launcher-process.ts';

const START = 'deploy/start.ts';
const APP = {
  GITHUB_OAUTH_CLIENT_ID: DEMO_OAUTH_APP.clientId,
  GITHUB_OAUTH_CLIENT_SECRET: DEMO_OAUTH_APP.clientSecret,
};

/** A port that something else listens on until the test is over. */
async function takePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  const server = createServer().listen(port, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return port;
}

describe('npm start', () => {
  it('says what is missing and how to get it, and exits 2, without the two values', async () => {
    const { code, stderr } = await startLauncher(START, { folder: temporaryFolder() }).end();
    expect(code).toBe(2);
    expect(stderr).toContain('GITHUB_OAUTH_CLIENT_ID');
    expect(stderr).toContain('GITHUB_OAUTH_CLIENT_SECRET');
    expect(stderr).toContain('http://localhost:3000/auth/callback');
    expect(stderr).not.toContain(' at ');
  });

  it('does not move from a port that MCP_HTTP_PORT names', async () => {
    const folder = temporaryFolder();
    const port = await takePort();
    const env = { ...APP, MCP_HTTP_PORT: String(port), STATE_DIR: join(folder, 'state') };
    const { code, stderr } = await startLauncher(START, { folder, env }).end();
    expect(code).toBe(2);
    expect(stderr).toContain(`port ${port} for gateway is taken`);
  });

  it('names the variable of a side listener whose port is taken, and starts nothing', async () => {
    const folder = temporaryFolder();
    const port = await takePort();
    const admin = { ADMIN_TOKEN: 'x'.repeat(32), ADMIN_PORT: String(port) };
    const env = { ...APP, ...admin, STATE_DIR: join(folder, 'state') };
    const { code, stderr } = await startLauncher(START, { folder, env }).end();
    expect(code).toBe(2);
    expect(stderr).toContain(`port ${port} for gateway-admin is taken`);
    expect(stderr).toContain('ADMIN_PORT');
  });

  it('runs gateway and workers in one command, and stops them with 0', async () => {
    const folder = temporaryFolder();
    const github = await startGitHubSimulator();
    onTestFinished(() => github.close());
    const [port = 0, opsPort = 0] = await freePorts(2);
    const env = {
      ...APP,
      GITHUB_WEB_URL: github.webBase,
      GITHUB_API_URL: github.apiBase,
      MCP_HTTP_PORT: String(port),
      OPS_PORT: String(opsPort),
      STATE_DIR: join(folder, 'state'),
    };
    const start = startLauncher(START, { folder, env, args: ['--workers', '2', '--verbose'] });
    expect(await addressesOf(start)).toEqual({
      url: `http://localhost:${port}`,
      mcp: `http://localhost:${port}/mcp`,
      ops: `http://127.0.0.1:${opsPort}`,
      github: github.webBase,
    });
    expect(processesOf(folder)).toHaveLength(1 + 1 + 2);
    start.kill('SIGTERM');
    expect(await start.end()).toEqual({ code: 0, stderr: '' });
    expect(start.lines.some((line) => line.startsWith('[gateway] {'))).toBe(true);
    expect(processesOf(folder)).toEqual([]);
  });
});
