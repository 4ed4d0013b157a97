import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  authorizationRequest,
  authorize,
  callTool,
  postForm,
  refreshRequest,
  registerClient,
  signIn,
} from '../../support/oauth-client.ts';
import { DAY_MS, MINUTE_MS } from '../../support/movable-clock.ts';
import type { Stack, StackOptions } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

/** Every end of a grant has a named reason, and the GitHub token goes with the last grant. */
describe('a grant', () => {
  let stack: Stack;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval'] });
  });
  afterEach(async () => {
    await stack.close();
    vi.useRealTimers();
  });

  const start = async (env: StackOptions['env'] = {}) => (stack = await startStack({ env }));
  const reasons = () => stack.events.flatMap((event) => (event.type === 'grant.ended' ? [event.reason] : []));
  const deletions = () =>
    stack.github.journal().filter(({ method, path }) => method === 'DELETE' && path.endsWith('/token'))
      .length;

  it('that nobody uses ends as idle, and its GitHub token is deleted', async () => {
    await start({ REFRESH_TOKEN_IDLE_TTL: '86400' });
    await signIn(stack);
    await vi.advanceTimersByTimeAsync(DAY_MS + MINUTE_MS);
    await vi.waitFor(() => {
      expect(reasons()).toEqual(['idle']);
    });
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    await vi.waitFor(() => {
      expect(deletions()).toBe(1);
    });
  });

  it('that is used ends at its absolute age', async () => {
    await start({ REFRESH_TOKEN_IDLE_TTL: '86400', REFRESH_TOKEN_MAX_TTL: '172800' });
    const { client, tokens } = await signIn(stack);
    let refreshToken = tokens.refresh_token;
    for (let half = 0; half < 3; half += 1) {
      vi.setSystemTime(Date.now() + DAY_MS / 2);
      const answer = await postForm(`${stack.publicUrl}/token`, refreshRequest(client, refreshToken));
      expect(answer.status).toBe(200);
      refreshToken = ((await answer.json()) as { refresh_token: string }).refresh_token;
    }
    vi.setSystemTime(Date.now() + DAY_MS / 2 + MINUTE_MS);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    await vi.waitFor(() => {
      expect(reasons()).toEqual(['max_age']);
    });
    const refused = await postForm(`${stack.publicUrl}/token`, refreshRequest(client, refreshToken));
    expect(refused.status).toBe(400);
  });

  it('whose code is never redeemed ends, and its GitHub token is deleted', async () => {
    await start();
    await authorize(stack, await registerClient(stack.publicUrl));
    await vi.advanceTimersByTimeAsync(16 * MINUTE_MS);
    await vi.waitFor(() => {
      expect(reasons()).toEqual(['code_not_redeemed']);
    });
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    await vi.waitFor(() => {
      expect(deletions()).toBe(1);
    });
  });

  it('that never came about, because the second page was closed, leaves no GitHub token behind', async () => {
    await start();
    const { browser, client } = await signIn(stack, { login: 'octocat' });
    const hold = () => stack.github.tokens().reduce((sum, { live }) => sum + live, 0);
    const { url } = authorizationRequest(stack.publicUrl, client, { prompt: 'login' });
    const page = await browser.follow(await browser.get(url));
    stack.github.autoApprove({ login: 'hubot' });
    const again = await browser.follow(await browser.submit(page, { decision: 'allow' }));
    expect(again.text).toContain('hubot');
    expect(hold()).toBe(2);
    await vi.advanceTimersByTimeAsync(12 * MINUTE_MS);
    await vi.waitFor(() => {
      expect(stack.snapshot().filter((line) => line.startsWith('ocg:login:'))).toEqual([]);
    });
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    await vi.waitFor(() => {
      expect(hold()).toBe(1);
    });
    expect(reasons()).toEqual([]);
  });

  it('beyond what one person may have at one client ends the one unused for longest', async () => {
    await start({ GRANTS_PER_CLIENT: '2' });
    const client = await registerClient(stack.publicUrl);
    const people = [];
    for (let index = 0; index < 2; index += 1) {
      people.push(await signIn(stack, { client }));
      vi.setSystemTime(Date.now() + MINUTE_MS);
    }
    const [first, second] = people;
    const used = await postForm(
      `${stack.publicUrl}/token`,
      refreshRequest(client, first?.tokens.refresh_token ?? ''),
    );
    const tokens = (await used.json()) as { access_token: string };
    const elsewhere = await signIn(stack);
    await signIn(stack, { client });
    expect(reasons()).toEqual(['too_many_grants']);
    expect((await callTool(stack.mcpUrl, tokens.access_token)).status).toBe(200);
    expect((await callTool(stack.mcpUrl, elsewhere.tokens.access_token)).status).toBe(200);
    expect((await callTool(stack.mcpUrl, second?.tokens.access_token ?? '')).status).toBe(401);
  });
});
