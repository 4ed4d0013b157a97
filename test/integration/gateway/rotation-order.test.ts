import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { formTo, signInAtAccountPage } from '../../support/account-page.ts';
import { openBrowser } from '../../../deploy/demo/browser.ts';
import { callTool, postForm, refreshRequest, signIn } from '../../support/oauth-client.ts';
import type { Tokens } from '../../support/oauth-client.ts';
import { until } from '../../support/redis.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

const ONE = `k1:${Buffer.alloc(32, 1).toString('base64url')}`;
const TWO = `k2:${Buffer.alloc(32, 2).toString('base64url')}`;

/** Copies of one file that reach two gateways at different times, as with Kubernetes (deploy/secret-rotation.md). */
describe('a gateway whose copy of GATEWAY_KEYS is behind', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rotation-order-'));
  const copies = ['first', 'second'].map((name) => join(folder, name));
  let stack: Stack;
  const write = (gateway: 0 | 1, text: string) => {
    writeFileSync(copies[gateway] ?? '', text);
  };
  const refresh = async (gateway: 0 | 1, of: Awaited<ReturnType<typeof signIn>>) =>
    await postForm(
      `${stack.gateways[gateway] ?? ''}/token`,
      refreshRequest(of.client, of.tokens.refresh_token),
    );

  beforeAll(async () => {
    // Only what is unknown makes a gateway look: nobody looks by the clock unless it is moved.
    vi.useFakeTimers({ toFake: ['setInterval'] });
    for (const gateway of [0, 1] as const) write(gateway, ONE);
    stack = await startStack({
      gateways: 2,
      envOf: (gateway) => ({ GATEWAY_KEYS_FILE: copies[gateway] ?? '' }),
    });
  });
  afterAll(async () => {
    await stack.close();
    vi.useRealTimers();
    rmSync(folder, { recursive: true, force: true });
  });

  it('answers 503 to what it cannot read, consumes nothing, and reads its copy as soon as it has the key', async () => {
    const session = await signIn(stack);
    write(0, `${TWO}\n${ONE}`);
    vi.advanceTimersByTime(5_000);
    const first = await refresh(0, session);
    const tokens = (await first.json()) as Tokens;
    const later = { ...session, tokens };
    expect((await callTool(`${stack.gateways[1] ?? ''}/mcp`, tokens.access_token)).status).toBe(200);
    const before = stack.snapshot();
    const refused = await refresh(1, later);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await refused.json()).toMatchObject({ error: 'temporarily_unavailable' });
    expect(stack.snapshot()).toEqual(before);
    write(1, `${TWO}\n${ONE}`);
    await until(async () => (await refresh(1, later)).status === 200, 80);
  });

  it('reads its copy for a page that another gateway showed, and does what its form says', async () => {
    const three = `k3:${Buffer.alloc(32, 3).toString('base64url')}`;
    write(0, `${three}\n${TWO}\n${ONE}`);
    vi.advanceTimersByTime(5_000);
    const { browser, page } = await signInAtAccountPage(stack, { browser: openBrowser() });
    const form = formTo(page, '/account/sign-out');
    write(1, `${three}\n${TWO}\n${ONE}`);
    const action = form.action.replace(stack.publicUrl, stack.gateways[1] ?? '');
    const post = async () => await browser.post(action, form.fields, { origin: stack.publicUrl });
    await until(async () => (await post()).status === 303, 80);
    expect((await browser.get(`${stack.publicUrl}/account`)).text).not.toContain('octocat');
  });

  it('needs no second look when the key was appended to all copies first', async () => {
    const four = `k4:${Buffer.alloc(32, 4).toString('base64url')}`;
    const all = readFileSync(copies[0] ?? '', 'utf8');
    for (const gateway of [0, 1] as const) write(gateway, `${all}\n${four}`);
    vi.advanceTimersByTime(5_000);
    const session = await signIn(stack);
    write(0, `${four}\n${all}`);
    vi.advanceTimersByTime(5_000);
    const tokens = (await (await refresh(0, session)).json()) as Tokens;
    expect((await refresh(1, { ...session, tokens })).status).toBe(200);
  });
});
