import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REDIS_COMMANDS, renderRedisUsers } from '../../../deploy/redis/users.ts';
import type { RedisServer } from '../../support/redis.ts';
import { startRedis } from '../../support/redis.ts';

let server: RedisServer;
let admin: Redis;
const folder = mkdtempSync(join(tmpdir(), 'redis-users-'));

beforeAll(async () => {
  const aclFile = join(folder, 'users.acl');
  writeFileSync(aclFile, renderRedisUsers({ gateway: 'g', worker: 'w', admin: 'a' }));
  server = await startRedis({ settings: ['save ""', `aclfile ${aclFile}`] });
  admin = new Redis({ port: server.port, host: '127.0.0.1', username: 'admin', password: 'a' });
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Name, arity, … , subcommands: as COMMAND answers. */
type CommandInfo = readonly [
  name: string,
  arity: number,
  ...rest: readonly unknown[],
  subcommands: readonly CommandInfo[],
];

/** Every command of this server, a subcommand as `config|get`, with the arguments that it takes at least. */
async function everyCommand(): Promise<{ name: string; words: string[] }[]> {
  const infos = (await admin.call('COMMAND')) as CommandInfo[];
  return infos.flatMap((info) => {
    const subcommands = info.at(-1) as readonly CommandInfo[];
    return (subcommands.length > 0 ? subcommands : [info]).map(([name, arity]) => {
      const words = name.split('|');
      const missing = Math.max(0, Math.abs(arity) - words.length);
      return { name, words: [...words, ...Array<string>(missing).fill('1')] };
    });
  });
}

async function dryRun(user: string, ...words: string[]): Promise<string> {
  return String(await admin.call('ACL', 'DRYRUN', user, ...words));
}

describe('S11: the generated Redis users', () => {
  it.each(['gateway', 'worker'] as const)(
    '%s may send exactly the commands that are named, of all that the server has (ACL DRYRUN)',
    { timeout: 60_000 },
    async (user) => {
      const all = await everyCommand();
      expect(all.length).toBeGreaterThan(300);
      const allowed: string[] = [];
      for (const { name, words } of all) {
        if (!/has no permissions to run/.test(await dryRun(user, ...words))) allowed.push(name);
      }
      expect(allowed.toSorted()).toEqual([...REDIS_COMMANDS[user]].toSorted());
    },
  );

  it.each([
    'client|pause',
    'client|kill',
    'client|list',
    'client|tracking',
    'client|no-evict',
    'client|unblock',
    'monitor',
    'keys',
    'scan',
    'config|set',
    'acl|setuser',
    'debug',
    'shutdown',
    'flushall',
    'subscribe',
    'psubscribe',
    'script|kill',
    'function|load',
    'replicaof',
    'cluster|failover',
  ])('nobody of them may send %s', async (command) => {
    const all = (await everyCommand()).map(({ name }) => name);
    expect(all).toContain(command);
    expect([...REDIS_COMMANDS.gateway, ...REDIS_COMMANDS.worker]).not.toContain(command);
  });

  it.each([
    [['get', 'ocg:credential:{x}'], 'OK'],
    [['xread', 'STREAMS', 'ocg:revocations:{gateway}', '0'], 'OK'],
    [['zadd', 'ocg:refused-credentials:{gateway}', '1', 'g'], 'OK'],
    [['get', 'ocg:credential-upstream:{x}'], 'denied'],
    [['get', 'ocg:grant:{x}'], 'denied'],
    [['get', 'ocg:signing-keys:{gateway}'], 'denied'],
    [['zadd', 'ocg:credential:{x}', '1', 'g'], 'denied'],
    [['zadd', 'ocg:retirements-due:{gateway}', '1', 'g'], 'denied'],
    [['get', 'other'], 'denied'],
  ])('a worker’s %j is %s', async (words, verdict) => {
    const answer = await dryRun('worker', ...words);
    if (verdict === 'OK') expect(answer).toBe('OK');
    else expect(answer).toMatch(/has no permissions to access/);
  });

  it('a gateway works on our records only', async () => {
    expect(await dryRun('gateway', 'set', 'ocg:grant:{x}', '1')).toBe('OK');
    expect(await dryRun('gateway', 'set', 'other', '1')).toMatch(/has no permissions to access/);
  });

  it('a worker that tries to stop the server stops nobody', async () => {
    const worker = new Redis({
      port: server.port,
      host: '127.0.0.1',
      username: 'worker',
      password: 'w',
      disableClientInfo: true,
    });
    await expect(worker.call('CLIENT', 'PAUSE', '4000', 'ALL')).rejects.toThrow(/NOPERM/);
    await expect(worker.call('CLIENT', 'KILL', 'USER', 'gateway')).rejects.toThrow(/NOPERM/);
    expect(await admin.ping()).toBe('PONG');
    worker.disconnect();
  });
});
