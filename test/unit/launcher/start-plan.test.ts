import { describe, expect, it } from 'vitest';
import { planStart } from '../../../deploy/launcher/start-plan.ts';

const APP = { GITHUB_OAUTH_CLIENT_ID: 'Iv1.x', GITHUB_OAUTH_CLIENT_SECRET: 'a-secret-of-the-app' };
const ADMIN_TOKEN = 'a-token-of-more-than-thirty-two-characters';
const noFile = (): string => {
  throw new Error('no file is read');
};

const refusalOf = (env: Record<string, string>, workers?: number): string => {
  try {
    planStart(env, workers, noFile);
  } catch (error) {
    expect(error).toMatchObject({ name: 'LauncherFault', exitCode: 2 });
    return error instanceof Error ? error.message : '';
  }
  return 'accepted';
};

describe('what npm start is asked for', () => {
  it.each([
    [{}, ['GITHUB_OAUTH_CLIENT_ID', 'GITHUB_OAUTH_CLIENT_SECRET']],
    [{ GITHUB_OAUTH_CLIENT_ID: 'x' }, ['  GITHUB_OAUTH_CLIENT_SECRET (or']],
    [{ GITHUB_OAUTH_CLIENT_ID: '', GITHUB_OAUTH_CLIENT_SECRET: 'y' }, ['  GITHUB_OAUTH_CLIENT_ID\n']],
  ])('is told what is missing and where to get it: %j', (env, names) => {
    const message = refusalOf(env);
    for (const name of names) expect(message).toContain(name);
    expect(message).toContain('https://github.com/settings/applications/new');
    expect(message).toContain('http://localhost:3000/auth/callback');
    expect(message).toContain('npm run demo');
  });

  it('shows the addresses that the other variables lead to', () => {
    const message = refusalOf({
      PUBLIC_URL: 'https://mcp.example.com',
      GITHUB_HOST: 'https://ghe.example.com',
    });
    expect(message).toContain('https://ghe.example.com/settings/applications/new');
    expect(message).toContain('https://mcp.example.com/auth/callback');
  });

  it('takes the secret from a file', () => {
    const env = { GITHUB_OAUTH_CLIENT_ID: 'x', GITHUB_OAUTH_CLIENT_SECRET_FILE: 'secret.txt' };
    expect(planStart(env, undefined, () => 'from-the-file').workers).toBe(3);
  });

  it('hears all faults of gateway and workers at once, each once', () => {
    const message = refusalOf({ ...APP, MCP_HTTP_PORT: 'x', GITHUB_API_VERSION: 'y', LOG_LEVEL: 'z' });
    for (const name of ['MCP_HTTP_PORT', 'GITHUB_API_VERSION', 'LOG_LEVEL']) {
      expect(message.split(`${name}:`)).toHaveLength(2);
    }
  });
});

describe('the plan of npm start', () => {
  it('has three workers, or as many as asked for', () => {
    expect(planStart(APP, undefined, noFile).workers).toBe(3);
    expect(planStart(APP, 5, noFile).workers).toBe(5);
  });

  it('has none when WORKER_URLS names running ones', () => {
    expect(planStart({ ...APP, WORKER_URLS: 'http://127.0.0.1:9000' }, undefined, noFile).workers).toBe(0);
  });

  it('refuses to both start workers and use running ones', () => {
    expect(refusalOf({ ...APP, WORKER_URLS: 'http://127.0.0.1:9000' }, 2)).toContain('--workers');
  });

  it('leaves the port movable when nothing outside depends on it', () => {
    const { addresses } = planStart(APP, undefined, noFile);
    expect(addresses).toEqual({
      httpHost: 'localhost',
      httpPort: 3000,
      opsHost: '127.0.0.1',
      opsPort: 9464,
      side: [],
    });
  });

  it.each([
    [{ MCP_HTTP_PORT: '4000' }, { httpPort: 4000, httpPortFixedBy: 'MCP_HTTP_PORT' }],
    [{ PUBLIC_URL: 'https://mcp.example.com' }, { httpPort: 3000, httpPortFixedBy: 'PUBLIC_URL' }],
    [{ OPS_PORT: '4001' }, { opsPort: 4001, opsPortFixedBy: 'OPS_PORT' }],
  ])('fixes the port with %j', (env, expected) => {
    expect(planStart({ ...APP, ...env }, undefined, noFile).addresses).toMatchObject(expected);
  });

  it.each([
    [{ ADMIN_TOKEN }, [['admin', 9466, 'ADMIN_PORT']]],
    [{ ADMIN_TOKEN, ADMIN_PORT: '0' }, []],
    [{ OAUTH_METADATA_PORT: '4002' }, [['metadata', 4002, 'OAUTH_METADATA_PORT']]],
    [{ ENABLE_OAUTH_CALLBACK_SERVER: 'true' }, [['callback', 8765, 'OAUTH_CALLBACK_PORT']]],
  ])('knows the side listeners that the gateway opens with %j', (env, expected) => {
    const { side } = planStart({ ...APP, ...env }, undefined, noFile).addresses;
    expect(side.map(({ name, port, variable }) => [name, port, variable])).toEqual(expected);
  });

  it('takes any port when the variable says 0', () => {
    const env = { ...APP, PUBLIC_URL: 'https://mcp.example.com', MCP_HTTP_PORT: '0', OPS_PORT: '0' };
    const { addresses } = planStart(env, undefined, noFile);
    expect(addresses.httpPort).toBeGreaterThan(1023);
    expect(addresses.opsPort).toBeGreaterThan(1023);
    expect(addresses).not.toHaveProperty('httpPortFixedBy');
  });

  it('says that WORKER_HOST and WORKER_PORT do not reach workers started here', () => {
    const { notices } = planStart({ ...APP, WORKER_PORT: '1', WORKER_HOST: '0.0.0.0' }, undefined, noFile);
    expect(notices.map((line) => line.split(' ')[0])).toEqual(['WORKER_HOST', 'WORKER_PORT']);
  });
});
