import { describe, expect, it, onTestFinished } from 'vitest';
import type { EdgeProcess } from '../support/edge-processes.ts';
import { startEdgeGateway, startEdgeWorker } from '../support/edge-processes.ts';
import { redisEnvironment, startRedis, until } from '../support/redis.ts';

const ask = async ({ ports }: EdgeProcess, path: string) => {
  const response = await fetch(`http://127.0.0.1:${String(ports['operations'])}${path}`);
  return { status: response.status, text: await response.text() };
};

describe.each([
  ['gateway', startEdgeGateway],
  ['worker', startEdgeWorker],
] as const)('a %s whose store is killed', (_name, start) => {
  it('stays in service: every replica has the same fault, and says that it is degraded', async () => {
    const redis = await startRedis();
    const process = await start(redisEnvironment(redis));
    onTestFinished(async () => {
      await process.stop();
      await redis.stop();
    });
    expect(JSON.parse((await ask(process, '/health')).text)).toMatchObject({ status: 'ok' });
    await redis.kill();
    await until(async () => (await ask(process, '/health')).text.includes('degraded'));
    const [ready, health, metrics] = await Promise.all(
      ['/readyz', '/health', '/metrics'].map(async (path) => await ask(process, path)),
    );
    expect(ready).toEqual({ status: 200, text: '{"ready":true,"draining":false,"failing":[]}\n' });
    expect(health?.status).toBe(200);
    expect(metrics?.text).toContain('octocode_mcp_check_ok{check="store"} 0');
    await redis.restart();
    await until(async () => (await ask(process, '/health')).text.includes('"status":"ok"'), 600);
  });
});
