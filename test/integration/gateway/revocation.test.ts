import type { ServerResponse } from 'node:http';
import { decodeJwt } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GATEWAY_CONTEXT_HEADER } from '../../../shared/gateway-context/index.ts';
import { callTool, postForm, postJson, signIn } from '../../support/oauth-client.ts';
import { startRecordingWorker } from '../../support/recording-worker.ts';
import { redisEnvironment, startRedis, until } from '../../support/redis.ts';
import type { StackOptions } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';
import { readGatewayKeys } from '../../support/gateway-keys.ts';

async function start(options: StackOptions) {
  const stack = await startStack({ gateways: 2, ...options });
  onTestFinished(stack.close);
  return stack;
}

/** A method for which no credential is read: only the feed can stop it. */
async function listTools(
  base: string,
  accessToken: string,
  headers: Record<string, string> = {},
): Promise<number> {
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  const authorization = `Bearer ${accessToken}`;
  const response = await postJson(`${base}/mcp`, message, { authorization, ...headers });
  await response.text();
  return response.status;
}

async function revoke(base: string, of: Awaited<ReturnType<typeof signIn>>): Promise<void> {
  const form = { token: of.tokens.refresh_token, client_id: of.client.clientId };
  expect((await postForm(`${base}/revoke`, form)).status).toBe(200);
}

describe.each(['sqlite', 'redis'] as const)('a grant that ends, on %s', (kind) => {
  async function startOn() {
    if (kind === 'sqlite') return await start({});
    const redis = await startRedis();
    onTestFinished(redis.stop);
    const env = redisEnvironment(redis);
    return await start({ env, workerEnv: env });
  }

  it('is refused by the other gateway for methods that need no credential too', async () => {
    const stack = await startOn();
    const [first = '', second = ''] = stack.gateways;
    const person = await signIn(stack);
    expect(await listTools(second, person.tokens.access_token)).toBe(200);
    await revoke(first, person);
    await until(async () => (await listTools(second, person.tokens.access_token)) === 401, 40);
    expect(await listTools(first, person.tokens.access_token)).toBe(401);
  });

  it('spares the other grants of the same person', async () => {
    const stack = await startOn();
    const [first = ''] = stack.gateways;
    const ended = await signIn(stack);
    const kept = await signIn(stack);
    await revoke(first, ended);
    await until(async () => (await listTools(first, ended.tokens.access_token)) === 401, 40);
    expect((await callTool(stack.mcpUrl, kept.tokens.access_token)).status).toBe(200);
  });
});

describe('a worker', () => {
  it('refuses an ended grant by itself, also when a gateway lets the call through', async () => {
    const stack = await start({ gateways: 1 });
    const person = await signIn(stack);
    const keys = await readGatewayKeys(stack);
    const context = await keys.contextFor(String(decodeJwt(person.tokens.access_token)['gid']));
    const [worker = ''] = stack.workers;
    const list = async () =>
      await listTools(worker, person.tokens.access_token, {
        [GATEWAY_CONTEXT_HEADER]: context,
        accept: 'application/json, text/event-stream',
      });
    expect(await list()).toBe(200);
    await revoke(stack.publicUrl, person);
    await until(async () => (await list()) === 401, 40);
  });
});

describe('an open stream', () => {
  it('is cut when its grant ends at another gateway, and others go on', async () => {
    const worker = await startRecordingWorker();
    onTestFinished(worker.close);
    const open: ServerResponse[] = [];
    worker.answerWith((res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: 1\n\n');
      open.push(res);
    });
    const stack = await start({ workers: 0, env: { WORKER_URLS: worker.url } });
    const [first = '', second = ''] = stack.gateways;
    const [ended, kept] = [await signIn(stack), await signIn(stack)];
    const streams = [];
    for (const { tokens } of [ended, kept]) {
      const response = await callTool(`${second}/mcp`, tokens.access_token);
      const reader = response.body?.getReader();
      if (reader === undefined) throw new Error('no stream');
      await reader.read();
      streams.push(reader);
    }
    await revoke(first, ended);
    await expect(streams[0]?.read()).rejects.toThrow();
    open[1]?.write('data: 2\n\n');
    const next = (await streams[1]?.read()) as { value: Uint8Array } | undefined;
    expect(new TextDecoder().decode(next?.value)).toBe('data: 2\n\n');
  });
});
