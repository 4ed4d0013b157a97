import { describe, expect, it } from 'vitest';
import { SECOND_MS, useMovableClock } from '../../support/movable-clock.ts';
import type { Tokens } from '../../support/oauth-client.ts';
import { callTool, postForm, refreshRequest, signIn } from '../../support/oauth-client.ts';
import { until } from '../../support/redis.ts';
import { useStack } from '../../support/use-stack.ts';

const clock = useMovableClock();
const shared = useStack(() => ({ gateways: 2 }));

async function refreshAt(gateway: number, token: string) {
  const base = shared.stack.gateways[gateway] ?? '';
  const response = await postForm(`${base}/token`, refreshRequest(shared.client, token));
  return { status: response.status, tokens: (await response.json()) as Tokens };
}

describe('the window of a superseded refresh token', () => {
  it('106 lasts 30 seconds from when it was superseded', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    const first = await refreshAt(0, tokens.refresh_token);
    clock.advance(29 * SECOND_MS);
    const late = await refreshAt(1, tokens.refresh_token);
    expect(late.status).toBe(200);
    expect(late.tokens.refresh_token).toBe(first.tokens.refresh_token);
  });

  it('106 is not extended by use: a replay after it ends the grant on every gateway', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    const first = await refreshAt(0, tokens.refresh_token);
    // Somebody received it: after the window its predecessor is no lost answer.
    expect((await callTool(shared.stack.mcpUrl, first.tokens.access_token)).status).toBe(200);
    await until(() => shared.stack.snapshot().some((row) => row.includes('refresh-receipt')));
    clock.advance(20 * SECOND_MS);
    expect((await refreshAt(1, tokens.refresh_token)).status).toBe(200);
    clock.advance(11 * SECOND_MS);
    expect((await refreshAt(1, tokens.refresh_token)).status).toBe(400);
    expect((await refreshAt(0, first.tokens.refresh_token)).status).toBe(400);
    expect((await callTool(shared.stack.mcpUrl, first.tokens.access_token)).status).toBe(401);
  });

  it('106 a chain that was only refreshed in order goes on however old its ancestors are', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    let token = tokens.refresh_token;
    for (let generation = 0; generation < 20; generation += 1) {
      const { status, tokens: next } = await refreshAt(generation % 2, token);
      expect(status).toBe(200);
      expect(next.refresh_token).not.toBe(token);
      token = next.refresh_token;
      clock.advance(40 * SECOND_MS);
    }
  });
});

describe('many generations within one window', () => {
  it('110 each of the last ones still answers its own successor', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    const chain = [tokens.refresh_token];
    for (let generation = 0; generation < 6; generation += 1) {
      chain.push((await refreshAt(generation % 2, chain.at(-1) ?? '')).tokens.refresh_token);
    }
    for (const [index, token] of chain.slice(0, -1).entries()) {
      const { status, tokens: again } = await refreshAt(index % 2, token);
      expect(status).toBe(200);
      expect(again.refresh_token).toBe(chain[index + 1]);
    }
  });

  it('110 a client that raced through a dozen generations is not signed out by its oldest answer', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    let token = tokens.refresh_token;
    for (let generation = 0; generation < 12; generation += 1) {
      token = (await refreshAt(generation % 2, token)).tokens.refresh_token;
    }
    expect((await refreshAt(0, tokens.refresh_token)).status).toBe(200);
    expect((await refreshAt(1, token)).status).toBe(200);
  });
});
