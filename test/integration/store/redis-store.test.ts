import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderRedisUsers } from '../../../deploy/redis/users.ts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  keys,
  openRedisStore,
  StoreUnavailableError,
  UnsafeRedisError,
} from '../../../shared/store/index.ts';
import type { RedisTopology } from '../../../shared/store/index.ts';
import type { TestCertificates } from '../../support/certificates.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import type { RedisServer } from '../../support/redis.ts';
import { startRedis, startRedisCluster, startRedisSentinel, until } from '../../support/redis.ts';
import { freePorts } from '../../support/free-ports.ts';
import { describeStoreContract } from '../../support/store-contract.ts';

const noPassword = () => undefined;

interface Access {
  readonly username?: string;
  readonly readPassword?: () => string | undefined;
  readonly tls?: { readonly ca: string };
}

function open(topology: RedisTopology, access: Access = {}, clock = fakeClock()) {
  const store = openRedisStore({
    topology,
    readPassword: noPassword,
    ...access,
    clock,
    onError: () => undefined,
  });
  onTestFinished(store.close);
  return store;
}

const standalone = (port: number, host = '127.0.0.1'): RedisTopology => ({
  kind: 'standalone',
  node: { host, port },
  database: 0,
});

describe('standalone Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await server.stop();
  });

  describeStoreContract('standalone Redis', () => {
    server.cli('flushall');
    const clock = fakeClock();
    const topology = standalone(server.port);
    return Promise.resolve({ store: open(topology, {}, clock), other: open(topology, {}, clock), clock });
  });

  it('goes on after its scripts were flushed', async () => {
    const store = open(standalone(server.port));
    await store.commit([{ op: 'put', key: keys.grant('a'), value: '1', expiresAt: null }]);
    server.cli('script', 'flush');
    expect((await store.take(keys.grant('a')))?.value).toBe('1');
  });

  it.each([
    ['was flushed', (key: string) => server.cli('del', key)],
    ['lost its newest entries in a failover', (key: string) => server.cli('xtrim', key, 'maxlen', '0')],
  ])('lets readers of a feed that %s see the gap at the next heartbeat', async (_how, lose) => {
    server.cli('flushall');
    const store = open(standalone(server.port));
    const feed = store.openFeed(keys.revocations(), 60_000);
    onTestFinished(feed.close);
    for (const entry of ['a', 'b']) await feed.append(entry);
    const { position } = await feed.window();
    lose(keys.revocations().text);
    await feed.beat();
    expect((await feed.after(position, 50)).isGapless).toBe(false);
  });

  it('keeps entries of a feed for as long as it is told, and one heartbeat', async () => {
    server.cli('flushall');
    const store = open(standalone(server.port));
    const feed = store.openFeed(keys.revocations(), 50);
    onTestFinished(feed.close);
    await feed.append('old');
    await until(async () => {
      await feed.beat();
      return (await feed.window()).entries.length === 0;
    });
    expect(server.cli('xlen', keys.revocations().text)).toBe('1');
  });

  it('lets the server collect what expired, a minute after our clock said so', async () => {
    server.cli('flushall');
    const clock = fakeClock();
    const store = open(standalone(server.port), {}, clock);
    await store.commit([{ op: 'put', key: keys.grant('a'), value: '1', expiresAt: clock.now() + 10_000 }]);
    const ttl = Number(server.cli('pttl', keys.grant('a').text));
    expect(ttl).toBeGreaterThan(60_000);
    expect(ttl).toBeLessThanOrEqual(70_000);
    const counter = keys.addressCount('token', '198.51.100.7', 0);
    await store.addToCounter(counter, 1, clock.now() + 10_000);
    const counterTtl = Number(server.cli('pttl', counter.text));
    expect(counterTtl).toBeGreaterThan(60_000);
    expect(counterTtl).toBeLessThanOrEqual(70_000);
  });
});

describe('Redis behind TLS with a private authority and the generated users', () => {
  let server: RedisServer;
  let certificates: TestCertificates;
  let tlsPort: number;
  beforeAll(async () => {
    certificates = makeCertificates();
    tlsPort = (await freePorts(1))[0] ?? 0;
    const aclFile = join(certificates.folder, 'users.acl');

    writeFileSync(
      aclFile,
      renderRedisUsers({ gateway: 'gateway-password', worker: 'worker-password', admin: 'admin' }),
    );
    server = await startRedis({
      port: 0,
      settings: [
        'save ""',
        `tls-port ${String(tlsPort)}`,
        `tls-cert-file ${certificates.certFile}`,
        `tls-key-file ${certificates.keyFile}`,
        `tls-ca-cert-file ${certificates.caFile}`,
        'tls-auth-clients no',
        `aclfile ${aclFile}`,
      ],
    });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(certificates.folder, { recursive: true, force: true });
  });

  const access = (username: string, password: string): Access => ({
    username,
    readPassword: () => password,
    tls: { ca: certificates.ca },
  });

  describeStoreContract('rediss: as the gateway user', async () => {
    const clock = fakeClock();
    const topology = standalone(tlsPort, 'localhost');
    const gateway = access('gateway', 'gateway-password');
    const store = open(topology, gateway, clock);
    for (const key of [keys.grant('g1'), keys.interaction('i1'), keys.credentialRefreshLease('h', 'lease')])
      await store.commit([{ op: 'delete', key }]);
    return { store, other: open(topology, gateway, clock), clock };
  });

  it('is ready although CONFIG is forbidden', async () => {
    await open(standalone(tlsPort, 'localhost'), access('gateway', 'gateway-password')).ping();
    await open(standalone(tlsPort, 'localhost'), access('worker', 'worker-password')).ping();
  });

  it('lets a worker read credentials, report refused ones, and nothing else', async () => {
    const gateway = open(standalone(tlsPort, 'localhost'), access('gateway', 'gateway-password'));
    const worker = open(standalone(tlsPort, 'localhost'), access('worker', 'worker-password'));
    const credential = keys.credential('github.com', 'handle');
    const upstream = keys.credentialUpstream('github.com', 'handle');
    for (const key of [credential, upstream]) {
      await gateway.commit([{ op: 'put', key, value: 'sealed', expiresAt: null }]);
    }
    await gateway.commit([{ op: 'put', key: keys.grant('g'), value: 'x', expiresAt: null }]);
    expect((await worker.read(credential))?.value).toBe('sealed');
    for (const key of [upstream, keys.grant('g'), keys.signingKeys(), keys.session('s')]) {
      await expect(worker.read(key)).rejects.toThrow(StoreUnavailableError);
    }
    await expect(worker.take(credential)).rejects.toThrow(StoreUnavailableError);
    await expect(
      worker.commit([{ op: 'put', key: credential, value: 'forged', expiresAt: null }]),
    ).rejects.toThrow(StoreUnavailableError);
    expect((await gateway.read(credential))?.value).toBe('sealed');
    await expect(
      worker.addToCounter(keys.addressCount('token', '198.51.100.7', 0), 1, Date.now() + 60_000),
    ).rejects.toThrow(StoreUnavailableError);
    await worker.addMember(keys.refusedCredentials('github.com'), 'grant', 1);
    expect(await gateway.membersUntil(keys.refusedCredentials('github.com'), 1, 10)).toEqual(['grant']);
    await expect(worker.addMember(keys.retirementsDue('github.com'), 'id', 1)).rejects.toThrow(
      StoreUnavailableError,
    );
    await expect(worker.removeMember(keys.refusedCredentials('github.com'), 'grant')).rejects.toThrow(
      StoreUnavailableError,
    );
  });

  it('lets a worker follow the revocation feed and not write it', async () => {
    const gateway = open(standalone(tlsPort, 'localhost'), access('gateway', 'gateway-password'));
    const worker = open(standalone(tlsPort, 'localhost'), access('worker', 'worker-password'));
    const [written, read] = [gateway, worker].map((store) => store.openFeed(keys.revocations(), 60_000));
    if (written === undefined || read === undefined) throw new Error('no feed');
    onTestFinished(async () => {
      await written.close();
      await read.close();
    });
    const { position } = await read.window();
    await written.append('ended');
    expect((await read.after(position, 2_000)).entries).toEqual(['ended']);
    await expect(read.append('forged')).rejects.toThrow(StoreUnavailableError);
    await expect(read.beat()).rejects.toThrow(StoreUnavailableError);
  });

  it('is not trusted without the authority', async () => {
    const store = open(standalone(tlsPort, 'localhost'), {
      ...access('gateway', 'gateway-password'),
      tls: { ca: '' },
    });
    await expect(store.ping()).rejects.toThrow(StoreUnavailableError);
  });

  it('is reached with a rotated password: the file is read again after a refused one', async () => {
    let password = 'old-password';
    const store = open(standalone(tlsPort, 'localhost'), {
      ...access('gateway', ''),
      readPassword: () => password,
    });
    await expect(store.ping()).rejects.toThrow(StoreUnavailableError);
    password = 'gateway-password';
    await until(
      async () =>
        await store.ping().then(
          () => true,
          () => false,
        ),
    );
  });
});

describe('a Redis Cluster of three nodes', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(async () => {
    await cluster.stop();
  });

  describeStoreContract('a Redis Cluster', async () => {
    const clock = fakeClock();
    const topology: RedisTopology = { kind: 'cluster', nodes: cluster.nodes };
    const store = open(topology, {}, clock);
    for (const key of [keys.grant('g1'), keys.interaction('i1'), keys.credentialRefreshLease('h', 'lease')])
      await store.commit([{ op: 'delete', key }]);
    for (const key of [keys.credential('h', 'x'), keys.credentialUpstream('h', 'x')])
      await store.commit([{ op: 'delete', key }]);
    return { store, other: open(topology, {}, clock), clock };
  });

  it('serves records of every node', async () => {
    const store = open({ kind: 'cluster', nodes: cluster.nodes });
    for (let index = 0; index < 30; index += 1) {
      const key = keys.grant(`spread-${String(index)}`);
      await store.commit([{ op: 'put', key, value: String(index), expiresAt: null }]);
      expect((await store.read(key))?.value).toBe(String(index));
    }
    await store.ping();
  });
});

describe('Redis behind Sentinel', () => {
  let group: Awaited<ReturnType<typeof startRedisSentinel>>;
  beforeAll(async () => {
    group = await startRedisSentinel();
  });
  afterAll(async () => {
    await group.stop();
  });

  it('has a commit that ends power on the replica when it resolves (WAIT)', async () => {
    const store = open({ kind: 'sentinel', sentinels: group.sentinels, masterName: 'main' });
    await store.ping();
    const key = keys.grant('ended');
    await store.commit([{ op: 'put', key, value: 'ended', expiresAt: null }], { replicated: true });
    expect(group.replica.cli('get', key.text)).toMatch(/:ended$/);
    expect(group.primary.cli('info', 'commandstats')).toContain('cmdstat_wait:');
  });

  it('is found, and found again after the primary was killed (F14)', async () => {
    const store = open({ kind: 'sentinel', sentinels: group.sentinels, masterName: 'main' });
    const key = keys.grant('a');
    await store.commit([{ op: 'put', key, value: 'before', expiresAt: null }]);
    await until(() => group.replica.cli('get', key.text).endsWith(':before'));
    group.primary.process.kill('SIGKILL');
    await until(
      async () =>
        await store.commit([{ op: 'put', key, value: 'after', expiresAt: null }]).catch(() => false),
    );
    expect((await store.read(key))?.value).toBe('after');
  });
});

describe('Redis that is away', () => {
  it('makes every operation fail as unavailable, never as not found, and is used again when it is back (F01)', async () => {
    const [port = 0] = await freePorts(1);
    const store = open(standalone(port));
    await expect(store.read(keys.grant('a'))).rejects.toThrow(StoreUnavailableError);
    await expect(store.take(keys.grant('a'))).rejects.toThrow(StoreUnavailableError);
    await expect(store.addToCounter(keys.addressCount('token', 'a', 0), 1, 1)).rejects.toThrow(
      StoreUnavailableError,
    );
    await expect(store.commit([{ op: 'delete', key: keys.grant('a') }])).rejects.toThrow(
      StoreUnavailableError,
    );
    const server = await startRedis({ port });
    onTestFinished(server.stop);
    await until(
      async () =>
        await store.read(keys.grant('a')).then(
          () => true,
          () => false,
        ),
    );
  });

  it('that is out of memory refuses writes as unavailable and goes on reading (F11)', async () => {
    const server = await startRedis();
    onTestFinished(server.stop);
    const store = open(standalone(server.port));
    await store.commit([{ op: 'put', key: keys.grant('a'), value: '1', expiresAt: null }]);
    server.cli('config', 'set', 'maxmemory', '1');
    await expect(
      store.commit([{ op: 'put', key: keys.grant('b'), value: '1', expiresAt: null }]),
    ).rejects.toThrow(StoreUnavailableError);
    expect((await store.read(keys.grant('a')))?.value).toBe('1');
  });

  it.each(['allkeys-lru', 'volatile-ttl'])('that evicts (%s) is refused by name (F12)', async (policy) => {
    const server = await startRedis({ settings: ['save ""', `maxmemory-policy ${policy}`] });
    onTestFinished(server.stop);
    const store = open(standalone(server.port));
    const failure = await store.ping().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UnsafeRedisError);
    expect(String(failure)).toContain(policy);
  });
});
