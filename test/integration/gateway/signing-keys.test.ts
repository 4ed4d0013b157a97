import { decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../support/movable-clock.ts';
import type { Tokens } from '../../support/oauth-client.ts';
import { callTool, postForm, refreshRequest, signIn } from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

const TOKEN = 'an-admin-token-of-at-least-32-characters';

/** Signing keys change without a restart, on every gateway (issue: publish, wait out caches, promote, retire). */
describe('signing keys of two gateways and a worker', () => {
  let stack: Stack;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval'] });
    stack = await startStack({
      gateways: 2,
      env: { ADMIN_TOKEN: TOKEN, ADMIN_PORT: '0', SIGNING_KEY_MAX_AGE: String((30 * DAY_MS) / SECOND_MS) },
    });
  });
  afterEach(async () => {
    await stack.close();
    vi.useRealTimers();
  });

  const admin = async (path: string, method = 'POST') => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    return await fetch(`${stack.side['admin'] ?? ''}${path}`, { method, headers });
  };
  const published = async (gateway: string) => {
    const { keys } = (await (await fetch(`${gateway}/jwks`)).json()) as { keys: { kid: string }[] };
    return keys.map(({ kid }) => kid);
  };
  const refresh = async (of: Awaited<ReturnType<typeof signIn>>, gateway: string) => {
    const answer = await postForm(`${gateway}/token`, refreshRequest(of.client, of.tokens.refresh_token));
    expect(answer.status).toBe(200);
    const tokens = (await answer.json()) as Tokens;
    return { ...of, tokens };
  };
  const kidOf = (tokens: Tokens) => decodeProtectedHeader(tokens.access_token).kid ?? '';
  const calls = async (gateway: string, tokens: Tokens) =>
    (await callTool(`${gateway}/mcp`, tokens.access_token)).status;

  it('are published ahead, promoted and retired by the clock, with every token valid throughout', async () => {
    const [first = '', second = ''] = stack.gateways;
    let person = await signIn(stack);
    const old = kidOf(person.tokens);
    const rotated = (await (await admin('/signing-keys/rotate')).json()) as { key: { kid: string } };
    const { kid } = rotated.key;
    await vi.advanceTimersByTimeAsync(16 * SECOND_MS);
    for (const gateway of stack.gateways) expect(await published(gateway)).toEqual([old, kid]);
    person = await refresh(person, second);
    expect(kidOf(person.tokens)).toBe(old);
    await vi.advanceTimersByTimeAsync(11 * MINUTE_MS);
    const before = await refresh(person, first);
    expect(kidOf(before.tokens)).toBe(kid);
    for (const gateway of stack.gateways) expect(await calls(gateway, before.tokens)).toBe(200);
    await vi.advanceTimersByTimeAsync(70 * MINUTE_MS);
    for (const gateway of stack.gateways) expect(await published(gateway)).toEqual([kid]);
  });

  it('are replaced by schedule, by one of the gateways', async () => {
    const [first = '', second = ''] = stack.gateways;
    vi.setSystemTime(Date.now() + 30 * DAY_MS);
    await vi.advanceTimersByTimeAsync(16 * SECOND_MS);
    await vi.waitFor(async () => {
      expect(await published(first)).toHaveLength(2);
    });
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(await published(second)).toEqual(await published(first));
  });

  it('ended in an emergency verify nothing any more, anywhere, and clients go on after a refresh', async () => {
    const [first = '', second = ''] = stack.gateways;
    const person = await signIn(stack);
    const old = kidOf(person.tokens);
    expect(await calls(second, person.tokens)).toBe(200);
    expect((await admin(`/signing-keys/${old}/retire`)).status).toBe(200);
    await vi.waitFor(async () => {
      for (const gateway of stack.gateways) expect(await calls(gateway, person.tokens)).toBe(401);
    });
    await vi.waitFor(async () => {
      for (const gateway of stack.gateways) expect(await published(gateway)).not.toContain(old);
    });
    const refreshed = await refresh(person, second);
    expect(kidOf(refreshed.tokens)).not.toBe(old);
    for (const gateway of [first, second]) expect(await calls(gateway, refreshed.tokens)).toBe(200);
  });

  it('that do not exist cannot be ended', async () => {
    expect((await admin('/signing-keys/unknown/retire')).status).toBe(404);
  });
});
