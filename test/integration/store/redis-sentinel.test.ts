import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { keys, openRedisStore } from '../../../shared/store/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import type { RedisServer } from '../../support/redis.ts';
import { startRedis, until } from '../../support/redis.ts';
import { startScriptedSentinel } from '../../support/scripted-sentinel.ts';

describe('a store whose primary sentinels name', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await server.stop();
  });

  const sentinelOf = async () => {
    const sentinel = await startScriptedSentinel(server.port);
    onTestFinished(sentinel.close);
    return sentinel;
  };

  const storeOf = (sentinels: readonly { readonly host: string; readonly port: number }[]) => {
    const store = openRedisStore({
      topology: { kind: 'sentinel', sentinels, masterName: 'main' },
      readPassword: () => undefined,
      clock: fakeClock(),
      onError: () => undefined,
    });
    onTestFinished(store.close);
    return store;
  };

  const answers = (store: ReturnType<typeof storeOf>) => async () =>
    await store.read(keys.grant('a')).then(
      () => true,
      () => false,
    );

  it('connects again when the failover is told while it asks for the primary (ioredis ends such a client)', async () => {
    const sentinel = await sentinelOf();
    const store = storeOf([sentinel]);
    await until(answers(store));
    sentinel.hold();
    server.cli('client', 'kill', 'type', 'normal');
    await sentinel.asked();
    sentinel.announceFailover();
    sentinel.release();
    await until(answers(store), 10);
  });

  it('asks the next sentinel when one accepts connections and stays silent', async () => {
    const silent = await sentinelOf();
    silent.hold();
    const store = storeOf([silent, await sentinelOf()]);
    await until(answers(store), 10);
    expect(await answers(store)()).toBe(true);
  });
});
