import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { expectOAuthError, withoutSideEffect } from '../support/expect-answer.ts';
import { postJson, REDIRECT_URI } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const shared = useStack();

async function register(metadata: unknown): Promise<Response> {
  return await postJson(`${shared.stack.publicUrl}/register`, metadata);
}

async function registered(metadata: Record<string, unknown>): Promise<Record<string, unknown>> {
  const response = await register({ redirect_uris: [REDIRECT_URI], ...metadata });
  const text = await response.text();
  expect(response.status, text).toBe(201);
  expect(response.headers.get('cache-control')).toContain('no-store');
  return JSON.parse(text) as Record<string, unknown>;
}

async function refused(body: string, headers: Record<string, string> = {}): Promise<Response> {
  return await withoutSideEffect(
    shared.stack,
    async () =>
      await fetch(`${shared.stack.publicUrl}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      }),
  );
}

describe('what a registration may weigh', () => {
  it.each([
    ['1 MB', JSON.stringify({ redirect_uris: [REDIRECT_URI], client_name: 'x'.repeat(1_000_000) })],
    ['10,000 levels', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    [
      '100,000 members',
      JSON.stringify({ redirect_uris: Array.from({ length: 100_000 }, () => REDIRECT_URI) }),
    ],
    ['half a document', '{"redirect_uris":['],
    ['nothing', ''],
    ['an array', '[]'],
    ['a string', '"x"'],
    ['null', 'null'],
    ['a number', '1'],
  ])('117 a body of %s is refused quickly and stores nothing', async (_title, body) => {
    const startedAt = performance.now();
    const response = await refused(body);
    const took = performance.now() - startedAt;
    await expectOAuthError(
      response,
      [400, 413],
      ['invalid_request', 'invalid_client_metadata', 'invalid_redirect_uri'],
    );
    expect(took).toBeLessThan(1000);
  });

  it('117 a name of 129 characters is shortened, one of 128 kept (B07, RFC 7591 §3.2.1)', async () => {
    expect((await registered({ client_name: 'x'.repeat(129) }))['client_name']).toBe(`${'x'.repeat(127)}…`);
    expect((await registered({ client_name: 'x'.repeat(128) }))['client_name']).toHaveLength(128);
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x', ''])(
    '117 content type %j is refused',
    async (contentType) => {
      const body = JSON.stringify({ redirect_uris: [REDIRECT_URI] });
      await expectOAuthError(
        await refused(body, { 'content-type': contentType }),
        [400, 415],
        ['invalid_request', 'invalid_client_metadata'],
      );
    },
  );
});

describe('what a client cannot choose (RFC 7591 §3.2.1)', () => {
  it('118 identifier, secret and times are ours', async () => {
    const answer = await registered({
      client_id: 'admin',
      client_secret: 'mine',
      client_id_issued_at: 1,
      client_secret_expires_at: 1,
      registration_access_token: 'x',
    });
    expect(answer['client_id']).toMatch(/^dcr_/);
    expect(answer['client_secret']).toBeUndefined();
    expect(answer['client_id_issued_at']).not.toBe(1);
    expect(answer['registration_access_token']).toBeUndefined();
  });

  it.each(['GET', 'PUT', 'DELETE'])(
    'names no management endpoint, and %s finds none (RFC 7592 §2)',
    async (method) => {
      const answer = await registered({ registration_client_uri: 'https://a.example/' });
      expect(Object.keys(answer).filter((member) => member.startsWith('registration_'))).toEqual([]);
      const response = await withoutSideEffect(
        shared.stack,
        async () =>
          await fetch(`${shared.stack.publicUrl}/register/${String(answer['client_id'])}`, {
            method,
            headers: { authorization: 'Bearer x' },
          }),
      );
      expect(response.status).toBe(404);
    },
  );

  it('118 keys of prototypes are not client metadata', async () => {
    const body = `{"redirect_uris":["${REDIRECT_URI}"],"__proto__":{"client_name":"x"},"constructor":{"a":1}}`;
    const response = await fetch(`${shared.stack.publicUrl}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(201);
    expect(await response.text()).not.toMatch(/__proto__|constructor/);
  });

  it('119 implicit and password grants are not registered', async () => {
    const refusals = [
      { grant_types: ['implicit', 'password'] },
      { response_types: ['token'] },
      { grant_types: 'authorization_code' },
      { grant_types: [] },
    ];
    for (const metadata of refusals) {
      await expectOAuthError(
        await refused(JSON.stringify({ redirect_uris: [REDIRECT_URI], ...metadata })),
        400,
        'invalid_client_metadata',
      );
    }
    expect((await registered({ response_types: ['code', 'token'] }))['response_types']).toEqual(['code']);
    const answer = await registered({
      grant_types: ['authorization_code', 'password', 'client_credentials'],
    });
    expect(answer['grant_types']).toEqual(['authorization_code']);
  });

  it.each(['private_key_jwt', 'client_secret_jwt', 'tls_client_auth'])(
    '120 method %s becomes none, says so, and no secret is handed out',
    async (method) => {
      const answer = await registered({ token_endpoint_auth_method: method });
      expect(answer['token_endpoint_auth_method']).toBe('none');
      expect(answer['client_secret']).toBeUndefined();
    },
  );

  it.each([
    'jwks_uri',
    'sector_identifier_uri',
    'backchannel_logout_uri',
    'initiate_login_uri',
    'logo_uri',
    'client_uri',
    'request_uris',
  ])('120/121 a %s on loopback is never fetched nor kept', async (name) => {
    let connections = 0;
    const target = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${String((target.address() as AddressInfo).port)}/x`;
    const response = await register({
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: 'private_key_jwt',
      [name]: name === 'request_uris' ? [url] : url,
    });
    const text = await response.text();
    expect([201, 400]).toContain(response.status);
    expect(text).not.toContain(url);
    expect(connections).toBe(0);
    await new Promise((resolve) => target.close(resolve));
  });

  it('122 an unsigned software statement is ignored', async () => {
    const statement = `${btoa('{"alg":"none"}')}.${btoa('{"client_name":"Trusted"}')}.`;
    const answer = await registered({ software_statement: statement, software_id: 'trusted' });
    expect(JSON.stringify(answer)).not.toContain('Trusted');
    expect(answer['software_statement']).toBeUndefined();
  });

  it('119 a scope in the registration caps nothing', async () => {
    expect((await registered({ scope: 'read:user admin:org' }))['scope']).toBeUndefined();
  });

  it.each(['GET', 'PUT', 'DELETE'])('123 %s reads or changes no registration', async (method) => {
    const { client_id: id } = await registered({});
    for (const path of [`/register/${String(id)}`, '/register']) {
      const response = await withoutSideEffect(
        shared.stack,
        async () => await fetch(`${shared.stack.publicUrl}${path}`, { method }),
      );
      expect([401, 404, 405]).toContain(response.status);
    }
  });
});
