import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLogger } from '../../../shared/logger.ts';
import { openRedisStore } from '../../../shared/store/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { startRedis } from '../../support/redis.ts';

const PASSWORD = 'AnInnocentLookingWord7';

describe('what is logged about Redis', () => {
  it('holds no password when Redis refuses it: the driver puts the command into its error', async () => {
    const server = await startRedis({ settings: ['requirepass another-one'] });
    onTestFinished(server.stop);
    const lines: string[] = [];
    const logger = createLogger({
      level: 'trace',
      name: 'gateway',
      destination: { write: (line) => lines.push(line) },
    });
    const store = openRedisStore({
      topology: { kind: 'standalone', node: { host: '127.0.0.1', port: server.port }, database: 0 },
      username: 'default',
      readPassword: () => PASSWORD,
      clock: fakeClock(),
      onError: (err) => {
        logger.warn({ err }, 'the connection to Redis failed');
      },
    });
    onTestFinished(store.close);
    await store.ping().catch((err: unknown) => {
      logger.error({ err }, 'the store is away');
    });
    await vi.waitFor(() => {
      expect(lines.some((line) => line.includes('WRONGPASS') && line.includes('to Redis failed'))).toBe(true);
    });
    expect(lines.join('')).not.toContain(PASSWORD);
  });
});
