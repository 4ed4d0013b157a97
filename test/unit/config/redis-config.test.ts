import { describe, expect, it } from 'vitest';
import { loadGatewayConfig } from '../../../gateway/config/load-config.ts';
import { loadWorkerConfig } from '../../../worker/config.ts';

const key = Buffer.alloc(32, 1).toString('base64url');
const keys = { GATEWAY_KEYS: `a:${key}`, VAULT_KEYS: `a:${key}`, WORKER_GATE_KEY: key };
const github = {
  GITHUB_OAUTH_CLIENT_ID: 'x',
  GITHUB_OAUTH_CLIENT_SECRET: 'y',
  WORKER_URLS: 'http://127.0.0.1:8080',
};
const noFiles = () => {
  throw new Error('no file');
};
const load = (env: Record<string, string>) =>
  loadGatewayConfig({ STORE: 'redis', ...github, ...keys, ...env }, noFiles);

describe('STORE=redis', () => {
  it('needs every key from outside: generated ones stay on one host', () => {
    expect(() => loadGatewayConfig({ STORE: 'redis', ...github }, noFiles)).toThrow(
      /GATEWAY_KEYS.*\n.*VAULT_KEYS.*\n.*WORKER_GATE_KEY/,
    );
    expect(() => loadWorkerConfig({ STORE: 'redis' }, noFiles)).toThrow(/VAULT_KEYS.*\n.*WORKER_GATE_KEY/);
  });

  it('takes one server, sentinels or a cluster', () => {
    expect(load({ REDIS_NODES: 'localhost:7000' }).redisNodes).toEqual([{ host: 'localhost', port: 7000 }]);
    expect(load({ REDIS_NODES: '[::1]:7000' }).redisNodes).toEqual([{ host: '::1', port: 7000 }]);
    const several = '127.0.0.1:1,127.0.0.1:2';
    expect(load({ REDIS_NODES: several, REDIS_SENTINEL_MASTER: 'main' }).redisSentinelMaster).toBe('main');
    expect(load({ REDIS_NODES: several, REDIS_CLUSTER: 'true' }).redisCluster).toBe(true);
  });

  it.each([
    ['several servers that are neither', { REDIS_NODES: '127.0.0.1:1,127.0.0.1:2' }, /REDIS_NODES.*several/],
    [
      'sentinels and cluster',
      { REDIS_SENTINEL_MASTER: 'main', REDIS_CLUSTER: 'true' },
      /REDIS_SENTINEL_MASTER/,
    ],
    ['no port', { REDIS_NODES: 'redis.example' }, /host:port/],
    ['port 0', { REDIS_NODES: 'localhost:0' }, /host:port/],
    ['another machine in the clear', { REDIS_NODES: 'redis.example:6379' }, /REDIS_TLS.*another machine/],
  ])('is refused with %s', (_name, env, message) => {
    expect(() => load(env)).toThrow(message);
  });

  it('accepts another machine over TLS, or in the clear when told to', () => {
    expect(load({ REDIS_NODES: 'redis.example:6379', REDIS_TLS: 'true' }).redisTls).toBe(true);
    expect(load({ REDIS_NODES: 'redis.example:6379', REDIS_ALLOW_PLAIN: 'true' }).redisTls).toBe(false);
  });

  it('reads the password file anew on every call', () => {
    let content = 'one\n';
    const env = { STORE: 'redis', ...github, ...keys, REDIS_PASSWORD_FILE: '/run/secrets/redis' };
    const { readRedisPassword } = loadGatewayConfig(env, () => content);
    expect(readRedisPassword()).toBe('one');
    content = 'two\n';
    expect(readRedisPassword()).toBe('two');
  });
});
