import { describe, expect, it } from 'vitest';
import { expectOAuthError, withoutSideEffect } from '../support/expect-answer.ts';
import {
  authorize,
  callTool,
  postForm,
  postJson,
  redemption,
  refreshRequest,
  REDIRECT_URI,
} from '../support/oauth-client.ts';
import type { Tokens } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const shared = useStack();

interface Confidential {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly secret: string;
}

async function register(method: string): Promise<Confidential> {
  const answer = await postJson(`${shared.stack.publicUrl}/register`, {
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: method,
  });
  const body = (await answer.json()) as Record<string, unknown>;
  expect(answer.status, JSON.stringify(body)).toBe(201);
  expect(body['token_endpoint_auth_method']).toBe(method);
  expect(body['client_secret_expires_at']).toBe(0);
  expect(answer.headers.get('cache-control')).toContain('no-store');
  return {
    clientId: String(body['client_id']),
    redirectUri: REDIRECT_URI,
    secret: String(body['client_secret']),
  };
}

function basic({ clientId }: Confidential, secret: string) {
  const credentials = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
  return { authorization: `Basic ${btoa(credentials)}` };
}

async function post(form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  const body = new URLSearchParams(form);
  return await fetch(`${shared.stack.publicUrl}/token`, { method: 'POST', headers, body });
}

/** Both ways to show a secret (RFC 6749 §2.3.1). */
const WAYS = {
  client_secret_basic: (client: Confidential, secret: string) => ({
    form: {},
    headers: basic(client, secret),
  }),
  client_secret_post: (_client: Confidential, secret: string) => ({
    form: { client_secret: secret },
    headers: {},
  }),
} as const;

describe.each(Object.entries(WAYS))('a client that asked for a secret, by %s', (method, show) => {
  async function waiting() {
    const client = await register(method);
    const { code, request } = await authorize(shared.stack, client);
    return { client, form: redemption(client, { code, codeVerifier: request.codeVerifier }) };
  }
  const present = async (client: Confidential, form: Record<string, string>, secret: string) => {
    const shown = show(client, secret);
    return await post({ ...form, ...shown.form }, shown.headers);
  };

  it('redeems and refreshes with it', async () => {
    const { client, form } = await waiting();
    const redeemed = await present(client, form, client.secret);
    const tokens = (await redeemed.json()) as Tokens;
    expect(redeemed.status).toBe(200);
    expect((await callTool(shared.stack.mcpUrl, tokens.access_token)).status).toBe(200);
    const refresh = refreshRequest(client, tokens.refresh_token);
    expect((await present(client, refresh, client.secret)).status).toBe(200);
  });

  it('is refused without it, with a wrong one and with the stored hash, and nothing is consumed', async () => {
    const { client, form } = await waiting();
    const stored =
      /"client_secret":"(sha256:[^"\\]+)/.exec(shared.stack.dump().replaceAll('\\', ''))?.[1] ?? '';
    expect(stored).not.toBe('');
    const attempts = [
      async () => await post(form),
      async () => await present(client, form, `${client.secret}x`),
      async () => await present(client, form, stored),
    ];
    for (const attempt of attempts) {
      await expectOAuthError(await withoutSideEffect(shared.stack, attempt), 401, 'invalid_client');
    }
    expect((await present(client, form, client.secret)).status).toBe(200);
  });

  it('leaves no secret in the store or the log', async () => {
    const { secret } = await register(method);
    expect(shared.stack.dump()).not.toContain(secret);
    expect(shared.stack.log.join('')).not.toContain(secret);
  });

  it('needs it to revoke as well (RFC 7009 §2.1)', async () => {
    const { client, form } = await waiting();
    const tokens = (await (await present(client, form, client.secret)).json()) as Tokens;
    const revocation = { token: tokens.refresh_token, client_id: client.clientId };
    const refused = await postForm(`${shared.stack.publicUrl}/revoke`, revocation);
    await expectOAuthError(refused, 401, 'invalid_client');
    expect((await present(client, refreshRequest(client, tokens.refresh_token), client.secret)).status).toBe(
      200,
    );
  });
});

describe('the challenge to a client that failed with Basic', () => {
  it('names the scheme (RFC 6749 §5.2)', async () => {
    const client = await register('client_secret_basic');
    const refused = await post(refreshRequest(client, 'x'), basic(client, 'wrong'));
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /);
  });
});

describe('two clients with secrets', () => {
  it('are never one, although they register alike at once', async () => {
    const [one, other] = await Promise.all([register('client_secret_post'), register('client_secret_post')]);
    expect(one.clientId).not.toBe(other.clientId);
    expect(one.secret).not.toBe(other.secret);
  });
});
