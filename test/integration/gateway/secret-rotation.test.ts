import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../shared/clock.ts';
import { createGatewayContextSigner, GATEWAY_CONTEXT_HEADER } from '../../../shared/gateway-context/index.ts';
import { fixedSecret } from '../../../shared/secrets/index.ts';
import { DEMO_OAUTH_APP } from '../../github-simulator/index.ts';
import { formTo, sendForm, signInAtAccountPage } from '../../support/account-page.ts';
import { openBrowser } from '../../../deploy/demo/browser.ts';
import {
  authorizationRequest,
  callTool,
  followToClient,
  postForm,
  postJson,
  redemption,
  refreshRequest,
  registerClient,
  signIn,
} from '../../support/oauth-client.ts';
import type { RegisteredClient, Tokens } from '../../support/oauth-client.ts';
import { startRedis, until } from '../../support/redis.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

const newSecret = () => randomBytes(32).toString('base64url');

/** Two gateways and a worker whose secrets all come from files, and how a file is written. */
interface Place {
  readonly stack: Stack;
  readonly path: (secret: 'gateway-keys' | 'vault-keys' | 'worker-gate-key' | OtherSecret) => string;
  readonly write: (path: string, text: string) => void;
}

type OtherSecret = 'client-secret' | 'webhook-secret' | 'admin-token';

const closers: (() => void | Promise<void>)[] = [];

/** With SQLite the rings are the generated files, written in place; with Redis given ones, renamed over. */
async function open(store: 'sqlite' | 'redis'): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'secret-rotation-'));
  closers.push(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), `${text}\n`);
    return join(folder, name);
  };
  const others = {
    GITHUB_OAUTH_CLIENT_SECRET: '',
    GITHUB_OAUTH_CLIENT_SECRET_FILE: file('client-secret', DEMO_OAUTH_APP.clientSecret),
    GITHUB_WEBHOOK_SECRET_FILE: file('webhook-secret', newSecret()),
    ADMIN_TOKEN_FILE: file('admin-token', newSecret()),
    ADMIN_PORT: '0',
  };
  const isOther = (name: string) => ['client-secret', 'webhook-secret', 'admin-token'].includes(name);
  if (store === 'sqlite') {
    const stack = await startStack({ gateways: 2, env: others });
    closers.push(stack.close);
    return {
      stack,
      path: (name) => join(isOther(name) ? folder : stack.stateDir, name),
      write: writeFileSync,
    };
  }
  const redis = await startRedis();
  closers.push(redis.stop);
  const shared = {
    STORE: 'redis',
    REDIS_NODES: `127.0.0.1:${String(redis.port)}`,
    VAULT_KEYS_FILE: file('vault-keys', `k1:${newSecret()}`),
    WORKER_GATE_KEY_FILE: file('worker-gate-key', newSecret()),
  };
  const gatewayKeys = { GATEWAY_KEYS_FILE: file('gateway-keys', `k1:${newSecret()}`) };
  const stack = await startStack({
    gateways: 2,
    env: { ...others, ...shared, ...gatewayKeys },
    workerEnv: shared,
  });
  closers.push(stack.close);
  return {
    stack,
    path: (name) => join(folder, name),
    write: (path, text) => {
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
    },
  };
}

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

describe.each(['sqlite', 'redis'] as const)('secrets of files that change, store %s', (store) => {
  let place: Place;
  beforeAll(async () => {
    place = await open(store);
  });

  const logged = (text: string, variable: string) =>
    place.stack.log.filter((line) => line.includes(text) && line.includes(`"${variable}"`)).length;
  const replaced = (variable: string) => logged('a secret was replaced', variable);
  const refused = (variable: string) => logged('the file of a secret cannot be used', variable);

  /** Uses everything at one gateway and the other in turn until `isOver`; every answer must be good. */
  async function useUntil(isOver: () => boolean, session: { client: RegisteredClient; tokens: Tokens }) {
    const { stack } = place;
    const { browser } = await signInAtAccountPage(stack);
    let { tokens } = session;
    const started = Date.now();
    for (let turn = 0; !isOver() || turn < 4; turn += 1) {
      const gateway = stack.gateways[turn % 2] ?? '';
      const answer = await postForm(`${gateway}/token`, refreshRequest(session.client, tokens.refresh_token));
      const body = await answer.text();
      expect([answer.status, body.slice(0, 200)]).toEqual([200, expect.any(String)]);
      tokens = JSON.parse(body) as Tokens;
      const call = await callTool(`${gateway}/mcp`, tokens.access_token);
      expect(await call.text()).toContain('octocat');
      const page = await browser.get(`${gateway}/account`);
      expect([page.status, page.text.includes('octocat')]).toEqual([200, true]);
      const next = await signIn({ ...stack, publicUrl: stack.publicUrl }, { browser });
      expect((await callTool(`${gateway}/mcp`, next.tokens.access_token)).status).toBe(200);
    }
    expect(Date.now() - started).toBeLessThan(10_000);
    return { client: session.client, tokens };
  }

  it('rotating both rings fails no request and signs nobody out', async () => {
    const { stack, path, write } = place;
    const session = await signIn(stack);
    const account = await signInAtAccountPage(stack);
    const browser = openBrowser();
    const client = await registerClient(stack.publicUrl);
    const request = authorizationRequest(stack.publicUrl, client);
    stack.github.autoApprove({ login: 'octocat' });
    const consent = await browser.follow(await browser.get(request.url));
    for (const ring of ['gateway-keys', 'vault-keys'] as const) {
      write(path(ring), `k2:${newSecret()}\n${readFileSync(path(ring), 'utf8')}`);
    }
    const later = await useUntil(
      () => replaced('GATEWAY_KEYS') === 2 && replaced('VAULT_KEYS') === 3,
      session,
    );
    // Pages that were shown under the older key are still good.
    const back = await followToClient(browser, await browser.submit(consent, { decision: 'allow' }), client);
    const code = new URL(back.location ?? '').searchParams.get('code') ?? '';
    const form = redemption(client, { code, codeVerifier: request.codeVerifier });
    expect((await postForm(`${stack.publicUrl}/token`, form)).status).toBe(200);
    const signedOut = await sendForm(account.browser, formTo(account.page, '/account/sign-out'));
    expect(signedOut.status).toBe(200);
    expect((await account.browser.get(`${stack.publicUrl}/account`)).text).not.toContain('octocat');
    await useUntil(() => true, later);
  });

  it('files that are broken change nothing, and are told', async () => {
    const { stack, path, write } = place;
    const session = await signIn(stack);
    const whole = new Map(
      (['gateway-keys', 'vault-keys', 'worker-gate-key', 'client-secret', 'admin-token'] as const).map(
        (name) => [path(name), readFileSync(path(name), 'utf8')],
      ),
    );
    write(path('gateway-keys'), `k9:${newSecret()}`);
    write(path('vault-keys'), `k2:${newSecret()}`);
    for (const name of ['worker-gate-key', 'client-secret', 'admin-token'] as const) write(path(name), '');
    const told = () =>
      refused('GATEWAY_KEYS') === 2 &&
      refused('VAULT_KEYS') === 3 &&
      refused('WORKER_GATE_KEY') === 3 &&
      refused('GITHUB_OAUTH_CLIENT_SECRET') === 2 &&
      refused('ADMIN_TOKEN') === 2;
    const later = await useUntil(told, session);
    for (const [file, text] of whole) write(file, text);
    await useUntil(() => logged('is as it was', 'VAULT_KEYS') === 3, later);
  });

  it('a changed WORKER_GATE_KEY fails no call, whichever side reads it first', async () => {
    const { stack, path, write } = place;
    const session = await signIn(stack);
    const gid = String(decodeJwt(session.tokens.access_token)['gid']);
    /** A call as a gateway makes it that has this key. */
    const callWorker = async (key: string) => {
      const context = { gid, tools: ['*'] };
      const sign = createGatewayContextSigner({ secret: fixedSecret(key), clock: systemClock });
      const response = await postJson(
        `${stack.workers[0] ?? ''}/mcp`,
        { jsonrpc: '2.0', id: 1, method: 'tools/list' },
        {
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${session.tokens.access_token}`,
          [GATEWAY_CONTEXT_HEADER]: await sign(gid, context),
        },
      );
      return response.status;
    };
    const taken = replaced('WORKER_GATE_KEY');
    const before = readFileSync(path('worker-gate-key'), 'utf8').trim();
    const after = newSecret();
    expect([await callWorker(before), await callWorker(newSecret())]).toEqual([200, 403]);
    write(path('worker-gate-key'), after);
    const later = await useUntil(() => replaced('WORKER_GATE_KEY') === taken + 3, session);
    expect([await callWorker(before), await callWorker(after), await callWorker(newSecret())]).toEqual([
      200, 200, 403,
    ]);
    const next = newSecret();
    // The refusal above was a look at the file, and the next one is a second away.
    const second = Date.now() + 1_000;
    await until(() => Date.now() > second);
    write(path('worker-gate-key'), next);
    expect(await callWorker(next)).toBe(200);
    await useUntil(() => replaced('WORKER_GATE_KEY') === taken + 6, later);
  });

  it('a new client secret counts as soon as it is there', async () => {
    const { stack, path, write } = place;
    const clientSecret = newSecret();
    stack.github.putApp({ ...DEMO_OAUTH_APP, clientSecret });
    write(path('client-secret'), clientSecret);
    await until(() => replaced('GITHUB_OAUTH_CLIENT_SECRET') === 2);
    await signIn(stack);
  });

  it('deliveries are taken under the new webhook secret at once and under the old one for a while', async () => {
    const { stack, path, write } = place;
    const deliver = async (secret: string) => {
      const body = JSON.stringify({ zen: 'x' });
      const response = await fetch(`${stack.publicUrl}/webhooks/github`, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'x-github-event': 'ping',
          'x-github-delivery': randomUUID(),
          'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
        },
      });
      return response.status;
    };
    const before = readFileSync(path('webhook-secret'), 'utf8').trim();
    const after = newSecret();
    expect([await deliver(before), await deliver(after)]).toEqual([204, 401]);
    // The refusal above was a look at the file, and the next one is a second away.
    write(path('webhook-secret'), after);
    await until(async () => (await deliver(after)) === 204);
    expect(await deliver(before)).toBe(204);
    expect(await deliver(newSecret())).toBe(401);
  });

  it('of the admin tokens only the new one is good', async () => {
    const { stack, path, write } = place;
    const ask = async (token: string) =>
      (
        await fetch(`${stack.side['admin'] ?? ''}/signing-keys`, {
          headers: { authorization: `Bearer ${token}` },
        })
      ).status;
    const before = readFileSync(path('admin-token'), 'utf8').trim();
    const after = newSecret();
    expect([await ask(before), await ask(after)]).toEqual([200, 401]);
    write(path('admin-token'), after);
    await until(async () => (await ask(after)) === 200);
    expect(await ask(before)).toBe(401);
  });

  it('no secret of a file is in a log line', () => {
    const { stack, path } = place;
    const names = [
      'gateway-keys',
      'vault-keys',
      'worker-gate-key',
      'client-secret',
      'webhook-secret',
    ] as const;
    const secrets = names
      .flatMap((name) => readFileSync(path(name), 'utf8').split(/[\s:]+/))
      .filter((text) => text.length > 20);
    expect(secrets.length).toBeGreaterThan(5);
    for (const secret of secrets) expect(stack.log.join('')).not.toContain(secret);
  });
});
