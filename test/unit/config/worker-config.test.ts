import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../shared/config/index.ts';
import type { ConfigFault, Environment } from '../../../shared/config/index.ts';
import { parseGitHubHost } from '../../../shared/github/index.ts';
import { loadWorkerConfig } from '../../../worker/config.ts';

const noFiles = (): string => {
  throw new Error('no files here');
};

const load = (env: Environment) => loadWorkerConfig(env, noFiles);

function faultsOf(env: Environment): readonly ConfigFault[] {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

const KEY = Buffer.alloc(32).toString('base64url');

describe('loadWorkerConfig', () => {
  it('starts from nothing next to a gateway that did', () => {
    expect(load({})).toEqual({
      host: '127.0.0.1',
      port: 8080,
      opsHost: '127.0.0.1',
      opsPort: 9465,
      publicUrl: 'http://localhost:3000',
      jwksUrl: 'http://localhost:3000/jwks',
      jwksAllowHttp: false,
      githubApiVersion: '2022-11-28',
      githubHost: 'https://github.com',
      githubWebUrl: undefined,
      githubApiUrl: undefined,
      github: parseGitHubHost('github.com'),
      store: 'sqlite',
      stateDir: '.state',
      vaultKeys: undefined,
      workerGateKey: undefined,
      logLevel: 'info',
      shutdownGraceSeconds: 20,
      httpsProxy: undefined,
      noProxy: undefined,
      extraCa: undefined,
      redisNodes: [{ host: '127.0.0.1', port: 6379 }],
      redisSentinelMaster: undefined,
      redisCluster: false,
      redisUsername: undefined,
      redisTls: false,
      redisAllowPlain: false,
      readRedisPassword: expect.any(Function) as unknown,
      secretFiles: {},
      warnings: [],
    });
  });

  it('looks for the key set under the issuer', () => {
    expect(load({ PUBLIC_URL: 'https://mcp.example.com/' }).jwksUrl).toBe('https://mcp.example.com/jwks');
  });

  it('fetches keys over the network in the clear only when told to', () => {
    const env = { JWKS_URL: 'http://gateway.internal:3000/jwks' };
    expect(faultsOf(env)).toMatchObject([{ name: 'JWKS_URL' }]);
    expect(load({ ...env, JWKS_ALLOW_HTTP: 'true' }).jwksUrl).toBe(env.JWKS_URL);
    expect(faultsOf({ JWKS_URL: 'http://127.0.0.1:3000/jwks' })).toEqual([]);
  });

  it('needs the gate key when other machines can reach it', () => {
    expect(faultsOf({ WORKER_HOST: '0.0.0.0' })).toMatchObject([{ name: 'WORKER_GATE_KEY' }]);
    expect(faultsOf({ WORKER_HOST: '0.0.0.0', WORKER_GATE_KEY: KEY })).toEqual([]);
  });

  it('refuses one port for two listeners', () => {
    expect(faultsOf({ WORKER_PORT: '9465' })).toMatchObject([{ name: 'OPS_PORT' }]);
    expect(faultsOf({ WORKER_PORT: '0', OPS_PORT: '0' })).toEqual([]);
  });

  it('refuses half an override of GitHub’s addresses', () => {
    expect(faultsOf({ GITHUB_API_URL: 'https://api.example.com' })).toMatchObject([
      { name: 'GITHUB_WEB_URL' },
    ]);
  });

  it('refuses an API version that is no date', () => {
    expect(faultsOf({ GITHUB_API_VERSION: 'v3' })).toMatchObject([{ name: 'GITHUB_API_VERSION' }]);
  });
});
