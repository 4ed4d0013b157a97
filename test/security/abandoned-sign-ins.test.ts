import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { authorizationRequest, registerClient, signIn } from '../support/oauth-client.ts';
import type { RegisteredClient } from '../support/oauth-client.ts';
import { redisEnvironment, startRedis, until } from '../support/redis.ts';
import type { Stack } from '../support/stack.ts';
import { startStack } from '../support/stack.ts';

const REQUESTS = 1_000;
const MINUTE = 60_000;
/** An interaction lives this long (ms). */
const INTERACTION = 15 * MINUTE;

afterEach(() => {
  vi.useRealTimers();
});

/** Sends authorization requests that nobody completes, each from a browser of its own. */
async function abandon(stack: Stack, client: RegisteredClient): Promise<void> {
  for (let sent = 0; sent < REQUESTS; sent += 20) {
    const batch = Array.from({ length: 20 }, async () => {
      const { url } = authorizationRequest(stack.publicUrl, client);
      const response = await fetch(url, { redirect: 'manual' });
      await response.text();
      return response.status;
    });
    expect(new Set(await Promise.all(batch))).toEqual(new Set([303]));
  }
}

describe('1,000 authorization requests that nobody completes', () => {
  it('018 leave one record each in SQLite, and none when their time is over', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
    const stack = await startStack();
    onTestFinished(stack.close);
    const client = await registerClient(stack.publicUrl);
    const keys = () => stack.snapshot().map((line) => line.split(' ')[0] ?? '');
    const before = keys();
    await abandon(stack, client);
    const added = keys().filter((key) => !before.includes(key));
    expect(added.filter((key) => key.startsWith('ocg:interaction:'))).toHaveLength(REQUESTS);
    // And one note that somebody is signing in with the client, however many do.
    expect(added.filter((key) => key.startsWith('ocg:client-under-way:'))).toHaveLength(1);
    expect(added).toHaveLength(REQUESTS + 1);
    await vi.advanceTimersByTimeAsync(INTERACTION - MINUTE);
    expect(keys().length).toBe(before.length + REQUESTS + 1);
    await vi.advanceTimersByTimeAsync(4 * MINUTE);
    // The sweep goes on in later turns of the event loop until nothing is left.
    await until(() => keys().length <= before.length);
    expect(keys()).toEqual(before);
    expect((await signIn(stack, { client })).tokens.access_token).not.toBe('');
  }, 60_000);

  it('018 leave one record each in Redis, which forgets it by itself', async () => {
    const redis = await startRedis();
    onTestFinished(redis.stop);
    const env = redisEnvironment(redis);
    const stack = await startStack({ env, workerEnv: env });
    onTestFinished(stack.close);
    const client = await registerClient(stack.publicUrl);
    const size = () => Number(redis.cli('dbsize'));
    const before = size();
    await abandon(stack, client);
    // Records of the gateways' own (leases, the feed) may come and go.
    expect(Math.abs(size() - before - REQUESTS)).toBeLessThan(5);
    const longest = `local found, longest = redis.call('keys', 'ocg:interaction:*'), 0
      for _, key in ipairs(found) do
        local left = redis.call('pttl', key)
        if left < 0 then return {#found, 'for good'} end
        if left > longest then longest = left end
      end
      return {#found, longest}`;
    const [count, left] = redis.cli('eval', longest, '0').split('\n').map(Number);
    expect(count).toBe(REQUESTS);
    // The server's own time to live is a minute longer than ours.
    expect(left).toBeGreaterThan(INTERACTION - MINUTE);
    expect(left).toBeLessThanOrEqual(INTERACTION + MINUTE);
  }, 60_000);
});
