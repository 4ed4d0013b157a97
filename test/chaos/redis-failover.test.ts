import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectOAuthError } from '../support/expect-answer.ts';
import type { Tokens } from '../support/oauth-client.ts';
import { callTool, postForm, postJson, refreshRequest, signIn } from '../support/oauth-client.ts';
import { redisEnvironment, startRedisSentinel, until } from '../support/redis.ts';
import type { Stack } from '../support/stack.ts';
import { startStack } from '../support/stack.ts';

/** Clients that refresh all the time while the primary is lost. */
const BUSY = 6;
/** So many refreshes in a row, which alternate between the gateways, show that both have the new primary. */
const RECOVERED = 4;
/** Longer than sentinels need to agree; a burst of errors may last this long. */
const MAX_BURST_MS = 10_000;

type SignedIn = Awaited<ReturnType<typeof signIn>>;

describe('the primary of Redis that is killed under load (F14)', () => {
  let group: Awaited<ReturnType<typeof startRedisSentinel>>;
  let stack: Stack;
  beforeAll(async () => {
    group = await startRedisSentinel();
    const sentinels = group.sentinels.map(({ host, port }) => `${host}:${String(port)}`).join(',');
    const env = {
      ...redisEnvironment(group.primary),
      REDIS_NODES: sentinels,
      REDIS_SENTINEL_MASTER: 'main',
    };
    stack = await startStack({ gateways: 2, env, workerEnv: env });
  });
  afterAll(async () => {
    await stack.close();
    await group.stop();
  });

  const refresh = async (gateway: number, { client }: SignedIn, token: string) =>
    await postForm(`${stack.gateways[gateway] ?? ''}/token`, refreshRequest(client, token));

  /** Refreshes until it goes well again after the failover; whatever is not an answer of 200 or 503 ends it. */
  async function refreshOn(person: SignedIn, isFailedOver: () => boolean) {
    let token = person.tokens.refresh_token;
    let lastFailureAt = -Infinity;
    let inRow = 0;
    for (let turn = 0; inRow < RECOVERED; turn += 1) {
      const response = await refresh(turn % 2, person, token);
      const body = (await response.json()) as Tokens;
      if (response.status === 200) {
        token = body.refresh_token;
        inRow = isFailedOver() ? inRow + 1 : 0;
      } else {
        inRow = 0;
        expect([response.status, body]).toEqual([
          503,
          expect.objectContaining({ error: 'temporarily_unavailable' }),
        ]);
        lastFailureAt = performance.now();
      }
    }
    return { token, lastFailureAt };
  }

  it('signs nobody out, brings back nothing that was ended, and needs no restart of ours', async () => {
    const people = await Promise.all(Array.from({ length: BUSY }, async () => await signIn(stack)));
    const ended = await signIn(stack, { login: 'hubot' });
    let isFailedOver = false;
    const busy = people.map(async (person) => await refreshOn(person, () => isFailedOver));
    const form = { token: ended.tokens.refresh_token, client_id: ended.client.clientId };
    expect((await postForm(`${stack.publicUrl}/revoke`, form)).status).toBe(200);
    const killedAt = performance.now();
    group.primary.process.kill('SIGKILL');
    await until(() => group.replica.cli('role').startsWith('master'));
    isFailedOver = true;
    const [probe] = people;
    if (probe === undefined) throw new Error('nobody is signed in');
    await until(async () => (await callTool(stack.mcpUrl, probe.tokens.access_token)).status === 200);
    const outcomes = await Promise.all(busy);
    const lastFailureAt = Math.max(...outcomes.map((outcome) => outcome.lastFailureAt));
    expect(lastFailureAt - killedAt).toBeLessThan(MAX_BURST_MS);

    for (const [index, { token }] of outcomes.entries()) {
      const person = people[index] ?? probe;
      expect((await refresh(index % 2, person, token)).status).toBe(200);
    }
    for (const gateway of [0, 1])
      await expectOAuthError(await refresh(gateway, ended, ended.tokens.refresh_token), 400, 'invalid_grant');
    const call = await postJson(
      stack.mcpUrl,
      { jsonrpc: '2.0', id: 1, method: 'tools/list' },
      { authorization: `Bearer ${ended.tokens.access_token}` },
    );
    expect(call.status).toBe(401);
  });
});
