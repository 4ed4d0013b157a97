import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { runAdmin } from '../../deploy/admin/index.ts';
import type { DocumentHost } from '../clients/document-host.ts';
import { startDocumentHost } from '../clients/document-host.ts';
import { OCTOCAT } from '../github-simulator/index.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import { withoutSideEffect } from '../support/expect-answer.ts';
import {
  authorizationRequest,
  callTool,
  postForm,
  refreshRequest,
  registerClient,
  signIn,
} from '../support/oauth-client.ts';
import { until } from '../support/redis.ts';
import { useStack } from '../support/use-stack.ts';

const TOKEN = 'an-admin-token-of-at-least-32-characters';
let documents: DocumentHost;
beforeAll(async () => {
  documents = await startDocumentHost();
});
afterAll(async () => {
  await documents.close();
});
const shared = useStack(() => ({
  gateways: 2,
  env: {
    ADMIN_TOKEN: TOKEN,
    ADMIN_PORT: '0',
    EXTRA_CA_FILE: documents.caFile,
    CIMD_ALLOWED_HOSTS: documents.host,
  },
}));
const base = () => shared.stack.side['admin'] ?? '';

async function ask(
  path: string,
  init: { method?: string; body?: string; headers?: Record<string, string> } = {},
  token = TOKEN,
): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return await fetch(`${base()}${path}`, {
    method: 'POST',
    ...init,
    headers: { ...headers, ...init.headers },
  });
}

const status = async (accessToken: string) => (await callTool(shared.stack.mcpUrl, accessToken)).status;
const refused = async (accessToken: string) => {
  await until(async () => (await status(accessToken)) === 401, 40);
};

describe('the admin API', () => {
  it.each([
    ['no token', { authorization: '' }],
    ['another token', { authorization: `Bearer ${TOKEN}x` }],
    ['Basic', { authorization: `Basic ${btoa(`admin:${TOKEN}`)}` }],
  ])('is closed to %s', async (_title, headers) => {
    const answer = await withoutSideEffect(
      shared.stack,
      async () => await ask('/signing-keys/rotate', { headers }),
    );
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('is closed to web pages, whatever they know', async () => {
    const headers = { origin: 'http://127.0.0.1:9466' };
    expect((await ask('/tokens/revoke-all', { headers })).status).toBe(403);
  });

  it('is not on the public listener', async () => {
    for (const path of ['/signing-keys', '/tokens/revoke-all', '/clients/block']) {
      const headers = { authorization: `Bearer ${TOKEN}` };
      expect((await fetch(`${shared.stack.publicUrl}${path}`, { headers })).status).toBe(404);
    }
  });

  it.each([
    ['/accounts/octocat/revoke', '{}'],
    ['/accounts/-1/revoke', '{}'],
    ['/clients/block', '{"client_id":1}'],
    ['/clients/block', '{"client_id":"x","more":1}'],
    ['/clients/block', 'not json'],
  ])('refuses %s with %s', async (path, body) => {
    const answer = await withoutSideEffect(shared.stack, async () => await ask(path, { body }));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' });
  });

  it('answers 404 for what is not there', async () => {
    for (const path of ['/grants/unknown/revoke', '/nothing', '/Signing-keys/rotate']) {
      expect((await ask(path)).status).toBe(404);
    }
    expect((await ask('/clients/unblock', { body: '{"client_id":"never"}' })).status).toBe(404);
  });
});

describe('what an operator ends', () => {
  it('is one grant, and the person’s list says who ended it', async () => {
    const ended = await signIn(shared.stack, { login: 'hubot' });
    const kept = await signIn(shared.stack, { login: 'hubot' });
    const grantId = JSON.parse(atob(ended.tokens.access_token.split('.')[1] ?? '')) as { gid: string };
    expect((await ask(`/grants/${grantId.gid}/revoke`)).status).toBe(200);
    await refused(ended.tokens.access_token);
    expect(await status(kept.tokens.access_token)).toBe(200);
  });

  it('is everything of a person, tokens and refresh tokens', async () => {
    const person = await signIn(shared.stack);
    const other = await signIn(shared.stack, { login: 'hubot' });
    const answer = await ask(`/accounts/${String(OCTOCAT.id)}/revoke`);
    expect(((await answer.json()) as { revoked: number }).revoked).toBeGreaterThan(0);
    await refused(person.tokens.access_token);
    const form = refreshRequest(person.client, person.tokens.refresh_token);
    expect((await postForm(`${shared.stack.publicUrl}/token`, form)).status).toBe(400);
    expect(await status(other.tokens.access_token)).toBe(200);
    const listed = await ask(`/accounts/${String(OCTOCAT.id)}/grants`, { method: 'GET' });
    const { grants } = (await listed.json()) as {
      grants: { state: string; ended: { reason: string } | null }[];
    };
    expect(grants.every(({ state }) => state === 'ended')).toBe(true);
    expect(grants[0]?.ended?.reason).toBe('revoked_by_operator');
    expect(JSON.stringify(grants)).not.toMatch(/handle|cred|refresh/);
  });

  it('S17: is a host of client documents: every client of it, until it is unblocked', async () => {
    const redirectUri = 'http://127.0.0.1:7777/callback';
    const [first = '', other = ''] = ['/one.json', '/two.json'].map((path) =>
      documents.publish(path, { client_name: 'Documented', redirect_uris: [redirectUri] }),
    );
    const client = { clientId: first, redirectUri };
    const signedIn = await signIn(shared.stack, { client, login: 'hubot' });
    expect(await status(signedIn.tokens.access_token)).toBe(200);
    const registered = await signIn(shared.stack, { login: 'hubot' });
    const body = JSON.stringify({ client_id: `https://${documents.host}/` });
    const open = async (clientId: string) =>
      (await openBrowser().get(authorizationRequest(shared.stack.publicUrl, { clientId, redirectUri }).url))
        .status;
    expect(await open(other)).toBe(303);
    expect((await ask('/clients/block', { body })).status).toBe(200);
    await refused(signedIn.tokens.access_token);
    for (const each of [first, other]) await until(async () => (await open(each)) === 400);
    expect(await status(registered.tokens.access_token)).toBe(200);
    expect((await ask('/clients/unblock', { body })).status).toBe(200);
    await until(async () => (await open(other)) === 303);
  });

  it('is a client: its tokens, its refreshes and new sign-ins, until it is unblocked', async () => {
    const client = await registerClient(shared.stack.publicUrl, { client_name: 'Misbehaving' });
    const person = await signIn(shared.stack, { client });
    const body = JSON.stringify({ client_id: client.clientId });
    expect((await ask('/clients/block', { body })).status).toBe(200);
    await refused(person.tokens.access_token);
    const form = refreshRequest(client, person.tokens.refresh_token);
    // The other gateway hears of it by the feed, as of everything that ends.
    await until(async () => (await postForm(`${shared.stack.publicUrl}/token`, form)).status === 401, 40);
    const page = await openBrowser().get(authorizationRequest(shared.stack.publicUrl, client).url);
    expect(page.status).toBe(400);
    expect((await ask('/clients/unblock', { body })).status).toBe(200);
    expect((await postForm(`${shared.stack.publicUrl}/token`, form)).status).toBe(200);
  });

  it('is every access token; grants live on', async () => {
    const person = await signIn(shared.stack);
    expect((await ask('/tokens/revoke-all')).status).toBe(200);
    await refused(person.tokens.access_token);
    await until(async () => {
      const form = refreshRequest(person.client, person.tokens.refresh_token);
      const answer = await postForm(`${shared.stack.publicUrl}/token`, form);
      const { access_token: fresh } = (await answer.json()) as { access_token: string };
      return (await status(fresh)) === 200;
    }, 80);
  });
});

describe('npm run admin', () => {
  const run = async (
    words: string[],
    env: Record<string, string> = { ADMIN_TOKEN: TOKEN, ADMIN_URL: base() },
  ) => {
    const lines: string[] = [];
    const code = await runAdmin(words, env, (line) => lines.push(line));
    return { code, text: lines.join('\n') };
  };

  it('lists the signing keys', async () => {
    const { code, text } = await run(['signing-keys']);
    expect(code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({ keys: [{ retiresAt: null }] });
  });

  it.each([[[]], [['unknown']], [['revoke-grant']], [['signing-keys', 'more']]])(
    'explains itself for %j',
    async (words) => {
      const { code, text } = await run(words);
      expect(code).toBe(2);
      expect(text).toContain('retire-signing-key <kid>');
    },
  );

  it('says what the gateway refused, and when there is none', async () => {
    expect((await run(['revoke-grant', 'unknown'])).code).toBe(1);
    expect((await run(['signing-keys'], { ADMIN_TOKEN: 'wrong', ADMIN_URL: base() })).text).toContain(
      'unauthorized',
    );
    const nobody = await run(['signing-keys'], { ADMIN_TOKEN: TOKEN, ADMIN_URL: 'http://127.0.0.1:1' });
    expect(nobody.text).toContain('no answer from the admin API');
    expect((await run(['signing-keys'], {})).text).toContain('set ADMIN_TOKEN');
  });

  it('takes an empty variable for none, and an ADMIN_URL with or without its slash', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'admin-test-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const file = join(folder, 'token');
    writeFileSync(file, `${TOKEN}\n`);
    const env = { ADMIN_TOKEN: '', ADMIN_TOKEN_FILE: file, ADMIN_URL: `${base()}/` };
    expect((await run(['signing-keys'], env)).code).toBe(0);
    const unset = await run(['signing-keys'], { ADMIN_TOKEN: 'x', ADMIN_URL: '' });
    expect(unset.text).not.toContain('ADMIN_URL must be');
  });

  it.each([
    [{ ADMIN_TOKEN: TOKEN, ADMIN_URL: '127.0.0.1:9466' }, 'ADMIN_URL must be an origin such as'],
    [{ ADMIN_TOKEN: TOKEN, ADMIN_URL: 'http://127.0.0.1:9466/signing-keys' }, 'ADMIN_URL must be an origin'],
    [{ ADMIN_TOKEN: 'two\nlines' }, 'the admin token must be visible ASCII characters'],
  ])('says which variable is wrong, and no token: %j', async (env, message) => {
    const { code, text } = await run(['signing-keys'], env);
    expect(code).toBe(1);
    expect(text).toContain(message);
    expect(text).not.toContain(env.ADMIN_TOKEN);
  });

  it('says so when something else answers at ADMIN_URL', async () => {
    const page = await run(['signing-keys'], { ADMIN_TOKEN: TOKEN, ADMIN_URL: shared.stack.github.webBase });
    expect(page).toMatchObject({ code: 1, text: expect.stringContaining('is not the admin API') as string });
  });
});
