import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FaultInput } from '../../github-simulator/faults.ts';
import { signInAtAccountPage } from '../../support/account-page.ts';
import { HOUR_MS, MINUTE_MS } from '../../support/movable-clock.ts';
import { authorize, registerClient } from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

const USER_AWAY: FaultInput = {
  action: 'status',
  match: { host: 'api', method: 'GET', pathPrefix: '/user' },
  times: 100,
  status: 502,
};
const DELETION_AWAY: FaultInput = {
  action: 'status',
  match: { host: 'api', method: 'DELETE', pathPrefix: '/applications/' },
  times: 1,
  status: 502,
};

/** A live token that no record of ours names could never be deleted by anybody. */
describe('a GitHub token that nothing will hold', () => {
  let stack: Stack;
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval'] });
    stack = await startStack();
  });
  afterEach(() => {
    stack.github.setFaults([]);
  });
  afterAll(async () => {
    await stack.close();
    vi.useRealTimers();
  });

  const liveTokens = () => stack.github.tokens().reduce((sum, { live }) => sum + live, 0);
  const failToSignIn = async () => {
    const { answer } = await authorize(stack, await registerClient(stack.publicUrl));
    expect(answer.get('error')).toBe('temporarily_unavailable');
  };
  const isSweptUp = async () => {
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    await vi.waitFor(() => {
      expect(liveTokens()).toBe(0);
    });
  };

  it('is deleted when GitHub issues it and then does not say whose it is', async () => {
    stack.github.setFaults([USER_AWAY]);
    await failToSignIn();
    expect(liveTokens()).toBe(0);
  });

  it('is deleted later when GitHub does not delete it then either', async () => {
    stack.github.setFaults([USER_AWAY, DELETION_AWAY]);
    await failToSignIn();
    expect(liveTokens()).toBe(1);
    await isSweptUp();
  });

  it('is deleted later when GitHub is away after a sign-in at the account page', async () => {
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    stack.github.setFaults([DELETION_AWAY]);
    const { page } = await signInAtAccountPage(stack);
    expect(page.status).toBe(200);
    expect(liveTokens()).toBe(1);
    await isSweptUp();
  });
});
