import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { urlencoded } from 'express';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClientPayload } from '../../../gateway/clients/client-payload.ts';
import { hashClientSecret } from '../../../gateway/clients/client-secrets.ts';
import { createUsedAssertions } from '../../../gateway/clients/used-assertions.ts';
import type { TokenEndpointDeps } from '../../../gateway/authorization-server/token/token-endpoint.ts';
import { createTokenEndpoint } from '../../../gateway/authorization-server/token/token-endpoint.ts';
import { Refused, Unavailable } from '../../../gateway/grants/index.ts';
import { createLogger } from '../../../shared/logger.ts';
import { StoreUnavailableError } from '../../../shared/store/index.ts';
import { openPeopleRooms } from '../../support/people-rooms.ts';

const ISSUER = 'https://gateway.example';
const SECRET = 'a secret+with%signs';
const TOKENS = { access_token: 'jwt', token_type: 'Bearer', expires_in: 300, scope: '' } as const;

type Form = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** A token endpoint whose refresh grant answers anybody who gets that far. */
async function open(of: { clients?: Record<string, ClientPayload> } & Partial<TokenEndpointDeps> = {}) {
  const { clock, gateway } = await openPeopleRooms();
  const rooms = gateway();
  const asked: unknown[] = [];
  const grant: TokenEndpointDeps['refreshTokenGrant'] = async (request) => {
    await Promise.resolve();
    asked.push(request);
    return TOKENS;
  };
  const { clients = {}, ...rest } = of;
  const told: unknown[] = [];
  rooms.events.on('token.refused', (event) => void told.push(event));
  const logger = createLogger({ name: 'test', level: 'error', destination: { write: () => undefined } });
  const endpoint = createTokenEndpoint(
    { events: rooms.events, logger, store: rooms.store, clock, gatewayRing: rooms.gatewayRing },
    {
      publicUrl: ISSUER,
      findClient: async (clientId) => await Promise.resolve(clients[clientId]),
      usedAssertions: createUsedAssertions(rooms),
      audience: [ISSUER, `${ISSUER}/token`],
      clock,
      authorizationCodeGrant: grant,
      refreshTokenGrant: grant,
      deviceCodeGrant: grant,
      refuseDisallowed: () => Promise.resolve(),
      ...rest,
    },
  );
  const app = express();
  app.post('/token', urlencoded({ extended: false }), endpoint);
  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const post = async (form: Form, headers: Record<string, string> = {}) => {
    const fields = Array.isArray(form) ? form : Object.entries(form);
    const body = new URLSearchParams([...fields.map(([name, value]) => [name, value] as [string, string])]);
    const answer = await fetch(`http://127.0.0.1:${String(port)}/token`, { method: 'POST', body, headers });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as object };
  };
  return { post, asked, told, clock };
}

const refresh = { grant_type: 'refresh_token', refresh_token: 'r' };
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

describe('a token request while a part is away (RFC 6749 §5.2)', () => {
  it.each<[string, Partial<TokenEndpointDeps>]>([
    [
      'the store, when the client is looked up',
      { findClient: () => Promise.reject(new StoreUnavailableError('away')) },
    ],
    [
      'a key of the ring, when it is asked whether the client is allowed',
      { refuseDisallowed: () => Promise.reject(new Unavailable('gateway_key', 'g1 is gone')) },
    ],
  ])('is answered 503 and may be sent again: %s', async (_part, deps) => {
    const { post } = await open(deps);
    const answer = await post({ ...refresh, client_id: 'c' });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(answer.body).toMatchObject({ error: 'temporarily_unavailable' });
  });
});

describe('S9: a refresh of a client that is no longer allowed', () => {
  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['public', { client_id: 'a:b c' }, {}],
    ['with its secret in the form', { client_id: 'a:b c', client_secret: 's' }, {}],
    ['with its secret in the header (RFC 6749 §2.3.1)', {}, basic('a%3Ab+c:s')],
  ])('ends its grant, %s', async (_how, form, headers) => {
    const disallowed: unknown[] = [];
    const { post } = await open({
      refuseDisallowed: async (named) => {
        await Promise.resolve();
        disallowed.push(named);
      },
    });
    const answer = await post({ ...refresh, ...form }, headers);
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(disallowed).toEqual([{ clientId: 'a:b c', refreshToken: 'r' }]);
  });
});

describe('how a client shows a secret (RFC 6749 §2.3.1)', () => {
  const confidential = {
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: hashClientSecret(SECRET),
  };
  const encoded = encodeURIComponent(SECRET);

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['in the form', { client_id: 'a:b', client_secret: SECRET }, {}],
    ['in the header, form-encoded', {}, basic(`a%3Ab:${encoded}`)],
    ['in the header, with its name in the form as well', { client_id: 'a:b' }, basic(`a%3Ab:${encoded}`)],
    [
      'in the header, in any case and with several spaces',
      {},
      {
        authorization: basic(`a%3Ab:${encoded}`).authorization.replace('Basic ', 'bAsIc  '),
      },
    ],
  ])('%s', async (_how, form, headers) => {
    const { post } = await open({ clients: { 'a:b': confidential } });
    expect((await post({ ...refresh, ...form }, headers)).status).toBe(200);
  });

  it.each<[string, Record<string, string>, Record<string, string>, number]>([
    ['none', { client_id: 'a:b' }, {}, 401],
    ['a wrong one', { client_id: 'a:b', client_secret: 'x' }, {}, 401],
    ['the stored hash', { client_id: 'a:b', client_secret: hashClientSecret(SECRET) }, {}, 401],
    ['both at once', { client_id: 'a:b', client_secret: SECRET }, basic(`a%3Ab:${encoded}`), 400],
    ['under another name', { client_id: 'other' }, basic(`a%3Ab:${encoded}`), 400],
    ['with control characters', {}, basic('a%3Ab:%00'), 400],
  ])('and nothing else proves it: %s', async (_what, form, headers, status) => {
    const { post, asked } = await open({ clients: { 'a:b': confidential, other: {} } });
    expect((await post({ ...refresh, ...form }, headers)).status).toBe(status);
    expect(asked).toEqual([]);
  });

  it('is answered a challenge where a header failed, and none where there was none (RFC 6749 §5.2)', async () => {
    const { post } = await open({ clients: { c: confidential } });
    const failed = await post(refresh, basic('c:wrong'));
    expect(failed.headers.get('www-authenticate')).toBe(
      `Basic realm="${ISSUER}", error="invalid_client", error_description="client authentication failed"`,
    );
    const form = await post({ ...refresh, client_id: 'c', client_secret: 'wrong' });
    expect(form.headers.get('www-authenticate')).toBeNull();
  });
});

describe('a client that signs an assertion (RFC 7523 §3)', () => {
  const now = 1_700_000_000;

  async function signing(more: ClientPayload = {}, others = 0) {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const strangers = await Promise.all(
      Array.from(
        { length: others },
        async () => (await generateKeyPair('ES256', { extractable: true })).publicKey,
      ),
    );
    const keys = await Promise.all([...strangers, publicKey].map(async (key) => await exportJWK(key)));
    const client = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys }, ...more };
    const place = await open({ clients: { c: client } });
    const at = Math.floor(place.clock.now() / 1000);
    const sign = async (claims: Record<string, unknown> = {}, key: CryptoKey = privateKey, alg = 'ES256') =>
      await new SignJWT({ iss: 'c', sub: 'c', aud: ISSUER, jti: 'one', exp: at + 60, ...claims })
        .setProtectedHeader({ alg })
        .sign(key);
    const present = async (assertion: string, form: Record<string, string> = {}) =>
      await place.post({
        ...refresh,
        client_assertion: assertion,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        ...form,
      });
    return { ...place, at, sign, present, privateKey };
  }

  it('is believed once, whichever of its keys signed it', async () => {
    const { sign, present } = await signing({}, 2);
    const assertion = await sign();
    expect((await present(assertion)).status).toBe(200);
    expect((await present(assertion)).body).toMatchObject({ error: 'invalid_client' });
    expect((await present(await sign({ jti: 'two', aud: [`${ISSUER}/token`, 'x'] }))).status).toBe(200);
  });

  it('is believed once of several requests at the same time', async () => {
    const { sign, present } = await signing();
    const assertion = await sign();
    const answers = await Promise.all(Array.from({ length: 5 }, async () => await present(assertion)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it.each<[string, Record<string, unknown>]>([
    ['for another audience', { aud: 'https://other.example' }],
    ['of another issuer', { iss: 'other' }],
    ['without an end', { exp: undefined }],
    ['that has ended', { exp: now - 60 }],
    ['that lives longer than ten minutes', { exp: 4_000_000_000 }],
    ['that is not valid yet', { nbf: 4_000_000_000 }],
    ['without a name of its own', { jti: undefined }],
    ['with an empty name', { jti: '' }],
  ])('is refused %s', async (_what, claims) => {
    const { sign, present, asked } = await signing();
    const answer = await present(await sign(claims));
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(asked).toEqual([]);
  });

  it('is refused when somebody else signed it, or with another algorithm than it registered', async () => {
    const { sign, present } = await signing();
    const other = await generateKeyPair('ES256');
    expect((await present(await sign({}, other.privateKey))).status).toBe(401);
    const bound = await signing({ token_endpoint_auth_signing_alg: 'RS256' });
    expect((await bound.present(await bound.sign())).status).toBe(401);
  });

  it('is refused unsigned', async () => {
    const { present } = await signing();
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${part({ alg: 'none' })}.${part({ iss: 'c', sub: 'c', aud: ISSUER, jti: 'x', exp: 4e9 })}.`;
    expect((await present(unsigned)).status).toBe(401);
  });

  it('is no substitute for a secret, nor for the name of another client', async () => {
    const { sign, present } = await signing();
    expect((await present(await sign(), { client_id: 'other' })).body).toMatchObject({
      error: 'invalid_request',
    });
    expect((await present('no.jwt.at.all')).body).toMatchObject({ error: 'invalid_request' });
  });
});

describe('what a token request may say (RFC 6749 §3.2, §5.2)', () => {
  const clients = { c: {}, poor: { grant_types: ['authorization_code'] } };

  it.each<[string, Form, string]>([
    ['no grant type', { client_id: 'c' }, 'invalid_request'],
    ['an empty grant type', { client_id: 'c', grant_type: '' }, 'invalid_request'],
    ['a grant type of nobody', { client_id: 'c', grant_type: 'password' }, 'unsupported_grant_type'],
    [
      'a grant type that an object inherits',
      { client_id: 'c', grant_type: 'toString' },
      'unsupported_grant_type',
    ],
    ['a grant type its client did not ask for', { ...refresh, client_id: 'poor' }, 'unauthorized_client'],
    ['no client', refresh, 'invalid_request'],
    ['an empty client', { ...refresh, client_id: '' }, 'invalid_request'],
    ['two clients', [...Object.entries(refresh), ['client_id', 'c'], ['client_id', 'd']], 'invalid_request'],
    [
      'two tokens',
      [...Object.entries(refresh), ['client_id', 'c'], ['refresh_token', 's']],
      'invalid_request',
    ],
  ])('%s is refused', async (_what, form, error) => {
    const { post, asked } = await open({ clients });
    const answer = await post(form);
    expect(answer).toMatchObject({ status: 400, body: { error } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(asked).toEqual([]);
  });

  it('what nobody knows is ignored, and several resources reach the grant (RFC 8707 §2)', async () => {
    const { post, asked } = await open({ clients });
    const form: Form = [
      ...Object.entries(refresh),
      ['client_id', 'c'],
      ['foo', '1'],
      ['foo', '2'],
      ['scope', ''],
      ['resource', 'a'],
      ['resource', 'b'],
    ];
    expect((await post(form)).status).toBe(200);
    expect(asked).toEqual([
      {
        clientId: 'c',
        takesRefreshTokens: true,
        parameters: { refresh_token: 'r' },
        resource: ['a', 'b'],
      },
    ]);
  });

  it('is told to the operator with the reason, and without the names that a stranger made up', async () => {
    const refused = () => Promise.reject(new Refused('refresh_token_reused', { grantId: 'g' }));
    const { post, told } = await open({ clients, refreshTokenGrant: refused });
    expect((await post({ ...refresh, client_id: 'c' })).body).toEqual({
      error: 'invalid_grant',
      error_description: 'grant request is invalid',
    });
    await post({ grant_type: 'made-up', client_id: 'made-up' });
    expect(told).toEqual([
      {
        type: 'token.refused',
        reason: 'refresh_token_reused',
        clientId: 'c',
        grantType: 'refresh_token',
        grantId: 'g',
        ended: undefined,
      },
      { type: 'token.refused', reason: 'invalid_client' },
    ]);
  });
});
