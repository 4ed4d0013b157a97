import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callTool, postForm, refreshRequest, registerClient, signIn } from '../../support/oauth-client.ts';
import { until } from '../../support/redis.ts';
import { runRaces } from './race.ts';
import type { Replicas, StoreKind } from './replicas.ts';
import { startReplicas } from './replicas.ts';

const STORES: readonly StoreKind[] = ['sqlite', 'redis'];

describe.each(STORES)('two gateways behind nginx, store %s', (store) => {
  let replicas: Replicas;
  beforeAll(async () => {
    replicas = await startReplicas({ store });
  });
  afterAll(async () => {
    await replicas.close();
  });

  it('serve a sign-in, a call and a refresh whose every step goes to the other one', async () => {
    const before = replicas.nginx.served().length;
    const { client, tokens } = await signIn(replicas, { login: 'hubot' });
    const call = await callTool(replicas.mcpUrl, tokens.access_token);
    expect(await call.text()).toContain('hubot');
    const refresh = await postForm(
      `${replicas.publicUrl}/token`,
      refreshRequest(client, tokens.refresh_token),
    );
    expect(refresh.status).toBe(200);
    await until(() => replicas.nginx.served().at(-1)?.path === '/token');
    const steps = replicas.nginx.served().slice(before);
    const paths = steps.map(({ path }) => path.replace(/^\/(interaction|authorize)\/.+/, '/$1/:uid'));
    expect(paths).toEqual([
      ...['/register', '/authorize', '/interaction/:uid', '/interaction/:uid', '/auth/callback'],
      ...['/authorize/:uid', '/token', '/mcp', '/token'],
    ]);
    for (const [index, { backEnd }] of steps.entries()) expect(backEnd).not.toBe(steps[index + 1]?.backEnd);
  });

  it('redeem no code twice, give no refresh token two successors and log no client out, 250 of each', async () => {
    const { codes, refreshTokens, ...clients } = await runRaces(replicas, { races: 250, concurrency: 50 });
    expect(codes).toMatchObject({ races: 250, forked: 0, lost: 0, unexpected: [] });
    expect(refreshTokens).toMatchObject({ races: 250, forked: 0, lost: 0, unexpected: [] });
    expect(clients).toEqual({ clients: 250, loggedOut: 0 });
  });

  it('leave sign-ins, refreshes and calls working when one of them is killed', async () => {
    const earlier = await signIn(replicas);
    await replicas.kill(0);
    for (const login of ['octocat', 'hubot']) {
      const client = await registerClient(replicas.publicUrl);
      const { tokens } = await signIn(replicas, { client, login });
      expect(await (await callTool(replicas.mcpUrl, tokens.access_token)).text()).toContain(login);
    }
    const form = refreshRequest(earlier.client, earlier.tokens.refresh_token);
    const refreshed = await postForm(`${replicas.publicUrl}/token`, form);
    expect(refreshed.status).toBe(200);
  });
});
