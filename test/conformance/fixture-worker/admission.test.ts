import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readGatewayKeys } from '../../support/gateway-keys.ts';
import { callTool, postJson, signIn } from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';
import type { FixtureWorker } from './index.ts';
import { startFixtureWorker } from './index.ts';

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

describe('the fixture worker', () => {
  let worker: FixtureWorker;
  let stack: Stack;
  let accessToken: string;

  beforeAll(async () => {
    worker = await startFixtureWorker();
    stack = await startStack({ workers: 0, env: { WORKER_URLS: worker.url } });
    const gateKey = (await readFile(join(stack.stateDir, 'worker-gate-key'), 'utf8')).trim();
    worker.trust({ issuer: stack.publicUrl, gateKey });
    accessToken = (await signIn(stack)).tokens.access_token;
  });
  afterAll(async () => {
    await worker.close();
    await stack.close();
  });

  const direct = async (headers: Record<string, string>) =>
    (
      await postJson(`${worker.url}/mcp`, LIST, {
        accept: 'application/json, text/event-stream',
        ...headers,
      })
    ).status;

  it('answers a call that came through the gateway', async () => {
    const answer = await callTool(stack.mcpUrl, accessToken, 'test_simple_text');
    expect(await answer.text()).toContain('A simple text.');
  });

  it("refuses a call past the gateway: no token, no context, another grant's context", async () => {
    const authorization = `Bearer ${accessToken}`;
    const { contextFor } = await readGatewayKeys(stack);
    expect(await direct({})).toBe(401);
    expect(await direct({ authorization: 'Bearer x' })).toBe(401);
    expect(await direct({ authorization })).toBe(403);
    expect(await direct({ authorization, 'x-gw-context': await contextFor('another') })).toBe(403);
    const own = await contextFor(String(decodeJwt(accessToken)['gid']));
    expect(await direct({ authorization, 'x-gw-context': own })).toBe(200);
  });
});
