import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { postForm, signIn } from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

const MINUTE = 60_000;

/** A GitHub token nobody stands on any more is a liability. */
describe('the GitHub token of a revoked grant', () => {
  let stack: Stack;
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval'] });
    stack = await startStack({ gateways: 2, workers: 1 });
  });
  afterAll(async () => {
    await stack.close();
    vi.useRealTimers();
  });

  const deletions = () =>
    stack.github
      .journal()
      .filter(({ method, path }) => method === 'DELETE' && path.startsWith('/applications/')).length;
  const revoke = async (session: Awaited<ReturnType<typeof signIn>>) => {
    const body = { token: session.tokens.refresh_token, client_id: session.client.clientId };
    expect((await postForm(`${stack.publicUrl}/revoke`, body)).status).toBe(200);
  };

  it('is deleted at GitHub once the longest call is over and no other grant uses it', async () => {
    const first = await signIn(stack);
    const second = await signIn(stack);
    await vi.advanceTimersByTimeAsync(30 * MINUTE);
    const superseded = deletions();
    await revoke(first);
    await vi.advanceTimersByTimeAsync(30 * MINUTE);
    expect(deletions()).toBe(superseded);
    await revoke(second);
    expect(deletions()).toBe(superseded);
    await vi.advanceTimersByTimeAsync(30 * MINUTE);
    await vi.waitFor(() => {
      expect(deletions()).toBe(superseded + 1);
    });
  });
});
