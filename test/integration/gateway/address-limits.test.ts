import { ipKeyGenerator } from 'express-rate-limit';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Key, Store } from '../../../shared/store/index.ts';
import { keys, openRedisStore, openSqliteStore } from '../../../shared/store/index.ts';
import { systemClock } from '../../../shared/clock.ts';
import { openBrowser } from '../../../deploy/demo/browser.ts';
import { postForm, REDIRECT_URI } from '../../support/oauth-client.ts';
import type { RedisServer } from '../../support/redis.ts';
import { redisEnvironment, startRedis } from '../../support/redis.ts';
import type { Stack } from '../../support/stack.ts';
import { freePorts } from '../../support/free-ports.ts';
import { startStack } from '../../support/stack.ts';

const ADDRESS = '198.51.100.7';
/** Whom the gateway may see behind a request of a test. */
const ADDRESSES = [ADDRESS, ...['127.0.0.1', '::1'].map((address) => ipKeyGenerator(address))];
const LIMIT = 3;
const MINUTE_MS = 60_000;

beforeEach(() => {
  // Requests of one test must not fall into two windows.
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function start(redis?: RedisServer): Promise<Stack> {
  const store = redis === undefined ? {} : redisEnvironment(redis);
  const stack = await startStack({
    gateways: 2,
    env: {
      REGISTRATION_LIMIT: String(LIMIT),
      TOKEN_LIMIT: String(LIMIT),
      TRUSTED_PROXIES: '127.0.0.1,::1',
      ...store,
    },
    workerEnv: store,
  });
  onTestFinished(stack.close);
  return stack;
}

/** A third process's view of the store. */
async function openStoreOf(stack: Stack, redis?: RedisServer): Promise<Store> {
  const store =
    redis === undefined
      ? await openSqliteStore({ folder: stack.stateDir, clock: systemClock })
      : openRedisStore({
          topology: { kind: 'standalone', node: { host: '127.0.0.1', port: redis.port }, database: 0 },
          readPassword: () => undefined,
          clock: systemClock,
          onError: () => undefined,
        });
  onTestFinished(store.close);
  return store;
}

/** Waits until the gateways have told the store of so many requests. */
async function untilTold(store: Store, limit: string, windowMs: number, total: number): Promise<void> {
  const endsAt = (Math.floor(Date.now() / windowMs) + 1) * windowMs;
  const countOf = (address: string): Key => keys.addressCount(limit, address, endsAt);
  await vi.waitFor(
    async () => {
      const told = await Promise.all(
        ADDRESSES.map(async (address) => await store.addToCounter(countOf(address), 0, endsAt)),
      );
      expect(Math.max(...told)).toBe(total);
    },
    { timeout: 10_000, interval: 50 },
  );
}

async function register(gateway: string): Promise<number> {
  const response = await fetch(`${gateway}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': ADDRESS },
    body: JSON.stringify({ redirect_uris: [REDIRECT_URI] }),
  });
  await response.text();
  return response.status;
}

describe.each(['sqlite', 'redis'] as const)('an address at two gateways, on %s', (kind) => {
  it('has one limit at both: a load balancer does not double it', async () => {
    const redis = kind === 'redis' ? await startRedis() : undefined;
    if (redis !== undefined) onTestFinished(redis.stop);
    const stack = await start(redis);
    const [first = '', second = ''] = stack.gateways;
    const statuses = [];
    for (let index = 0; index < LIMIT; index += 1) statuses.push(await register(first));
    expect(statuses).toEqual([201, 201, 201]);
    const store = await openStoreOf(stack, redis);
    await untilTold(store, 'registration', 60 * MINUTE_MS, LIMIT);
    // The other gateway learns of it by asking, which it does with the first request it gets.
    expect(await register(second)).toBe(201);
    expect(await register(second)).toBe(429);
    expect(await register(first)).toBe(429);
  });
});

describe('wrong user codes from one address (RFC 8628 §5.1)', () => {
  it('are ten at all gateways, and one more for each that had not heard', async () => {
    const stack = await start();
    const [first = '', second = ''] = stack.gateways;
    const enter = async (gateway: string) => {
      const browser = openBrowser();
      const entry = await browser.get(`${gateway}/device`);
      return (await browser.submit(entry, { user_code: 'CCCC-CCCC' })).status;
    };
    for (let attempt = 0; attempt < 10; attempt += 1) expect(await enter(first)).toBe(400);
    await untilTold(await openStoreOf(stack), 'user-code', 10 * MINUTE_MS, 10);
    expect(await enter(second)).toBe(400);
    expect(await enter(second)).toBe(429);
    expect(await enter(first)).toBe(429);
  });
});

describe('a store that is away', () => {
  it('leaves each gateway counting for itself, and is told when it is back', async () => {
    const [port = 0] = await freePorts(1);
    const redis = await startRedis({ port });
    const stack = await start(redis);
    const [first = ''] = stack.gateways;
    await redis.stop();
    const ask = async () => {
      const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: 'nobody' };
      return (await postForm(`${first}/token`, form)).status;
    };
    const statuses = [];
    for (let index = 0; index <= LIMIT; index += 1) statuses.push(await ask());
    expect(statuses).toEqual([503, 503, 503, 429]);
    const back = await startRedis({ port });
    onTestFinished(back.stop);
    await untilTold(await openStoreOf(stack, back), 'token', MINUTE_MS, LIMIT + 1);
  });
});
