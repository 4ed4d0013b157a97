import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { JWTPayload } from 'jose';
import { CompactEncrypt, decodeJwt, exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { withoutSideEffect } from '../support/expect-answer.ts';
import type { GatewayKeys } from '../support/gateway-keys.ts';
import { readGatewayKeys } from '../support/gateway-keys.ts';
import { GET_ME, legacyRequest, sendMcp } from '../support/mcp-messages.ts';
import type { Tokens } from '../support/oauth-client.ts';
import { signIn } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const shared = useStack();
let tokens: Tokens;
let claims: JWTPayload;
let keys: GatewayKeys;
let attackerKey: Awaited<ReturnType<typeof generateKeyPair>>;

beforeAll(async () => {
  ({ tokens } = await signIn(shared.stack, { client: shared.client }));
  claims = decodeJwt(tokens.access_token);
  keys = await readGatewayKeys(shared.stack);
  attackerKey = await generateKeyPair('ES256', { extractable: true });
});

const now = () => Math.floor(Date.now() / 1000);
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Presents a token to the gateway, and to the worker directly with a genuine gateway context. */
async function present(token: string) {
  const call = legacyRequest('tools/call', GET_ME);
  const authorization = `Bearer ${token}`;
  const gateway = await sendMcp(shared.stack.mcpUrl, call, { authorization });
  const worker = await sendMcp(`${shared.stack.workers[0] ?? ''}/mcp`, call, {
    authorization,
    'x-gw-context': await keys.contextFor(String(claims['gid'])),
  });
  return { gateway, worker };
}

async function expectRefused(token: string): Promise<void> {
  const { gateway, worker } = await withoutSideEffect(shared.stack, async () => await present(token));
  expect(gateway.status, gateway.text).toBe(401);
  expect(gateway.headers.get('www-authenticate')).toContain('error="invalid_token"');
  expect(worker.status, worker.text).toBe(401);
  expect(gateway.text + worker.text).not.toContain(token.slice(0, 60) || 'nothing');
}

it('the genuine token and a genuine forgery by the gateway’s own key pass, so that refusals mean something', async () => {
  for (const token of [tokens.access_token, await keys.sign({ ...claims, jti: 'other' })]) {
    const { gateway, worker } = await present(token);
    expect([gateway.status, worker.status]).toEqual([200, 200]);
  }
});

describe('signatures and algorithms (RFC 8725 §3.1)', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', ''])('157 alg %j is refused', async (alg) => {
    const unsigned = `${encode({ alg, typ: 'at+jwt', kid: keys.kid })}.${encode(claims)}`;
    await expectRefused(`${unsigned}.`);
    await expectRefused(`${unsigned}.AAAA`);
  });

  it('157 a token whose signature is missing or cut is refused', async () => {
    const [header = '', payload = '', signature = ''] = tokens.access_token.split('.');
    await expectRefused(`${header}.${payload}.`);
    await expectRefused(`${header}.${payload}`);
    await expectRefused(`${header}.${payload}.${signature.slice(0, -4)}`);
  });

  it('158 HS256 with the public key as secret is refused', async () => {
    const response = await fetch(`${shared.stack.publicUrl}/jwks`);
    const { keys: published } = (await response.json()) as { keys: [Record<string, string>] };
    const imported = await importJWK({ ...published[0] }, 'ES256', { extractable: true });
    if (imported instanceof Uint8Array) throw new TypeError('a public key was expected');
    const pem = await exportSPKI(imported);
    for (const secret of [pem, pem.trim(), JSON.stringify(published[0]), published[0]['x'] ?? '']) {
      const text = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: keys.kid })}.${encode(claims)}`;
      await expectRefused(`${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`);
    }
  });

  it('158 another ES256 key under our kid is refused', async () => {
    const forged = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: keys.kid });
    await expectRefused(await forged.sign(attackerKey.privateKey));
  });

  it('158 a changed claim under the genuine signature is refused', async () => {
    const [header = '', , signature = ''] = tokens.access_token.split('.');
    await expectRefused(`${header}.${encode({ ...claims, scope: 'repo' })}.${signature}`);
  });

  it.each([
    ['a path', '../../dev/null'],
    ['SQL', "' OR 1=1 --"],
    ['10 kB', 'x'.repeat(3000)],
    ['empty', ''],
    ['unknown', 'unknown'],
  ])('159 a kid that is %s is refused', async (_title, kid) => {
    await expectRefused(await keys.sign(claims, { kid }));
  });

  it.each([[['a']], [1], [null], [{}]])('159 a kid that is %j is refused', async (kid) => {
    const [, payload = '', signature = ''] = tokens.access_token.split('.');
    await expectRefused(`${encode({ alg: 'ES256', typ: 'at+jwt', kid })}.${payload}.${signature}`);
  });

  it('159 a token without kid is refused', async () => {
    const [, payload = '', signature = ''] = tokens.access_token.split('.');
    await expectRefused(`${encode({ alg: 'ES256', typ: 'at+jwt' })}.${payload}.${signature}`);
  });

  it('160 header members that name a key are refused and never fetched', async () => {
    let connections = 0;
    const target = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${String((target.address() as AddressInfo).port)}/jwks`;
    const jwk = await exportJWK(attackerKey.publicKey);
    for (const member of [{ jku: url }, { x5u: url }, { jwk }, { x5c: ['AAAA'] }, { x5t: 'AAAA' }]) {
      const forged = new SignJWT(claims).setProtectedHeader({
        alg: 'ES256',
        typ: 'at+jwt',
        kid: keys.kid,
        ...member,
      });
      await expectRefused(await forged.sign(attackerKey.privateKey));
      await expectRefused(await keys.sign(claims, member));
    }
    expect(connections).toBe(0);
    await new Promise((resolve) => target.close(resolve));
  });

  it.each([{ crit: ['exp'], exp: 1 }, { zip: 'DEF' }, { cty: 'JWT' }, { enc: 'A128GCM' }])(
    '166 a header with %j is refused',
    async (member) => {
      const [, payload = '', signature = ''] = tokens.access_token.split('.');
      const header = encode({ alg: 'ES256', typ: 'at+jwt', kid: keys.kid, ...member });
      await expectRefused(`${header}.${payload}.${signature}`);
    },
  );

  it('166 an unencoded payload (b64 false) is refused', async () => {
    const header = encode({ alg: 'ES256', typ: 'at+jwt', kid: keys.kid, b64: false, crit: ['b64'] });
    const [, payload = '', signature = ''] = tokens.access_token.split('.');
    await expectRefused(`${header}.${payload}.${signature}`);
  });
});

describe('claims, with a genuine signature', () => {
  const without = (name: string) =>
    Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));

  it.each(['https://evil.example', 'SLASH', 'UPPER', ''])('161 issuer %j is refused', async (issuer) => {
    const ours = shared.stack.publicUrl;
    const iss = issuer === 'SLASH' ? `${ours}/` : issuer === 'UPPER' ? ours.toUpperCase() : issuer;
    await expectRefused(await keys.sign({ ...claims, iss }));
  });

  it('161 an issuer that is a list is refused', async () => {
    const iss = [shared.stack.publicUrl] as unknown as string;
    await expectRefused(await keys.sign({ ...claims, iss }));
  });

  it('162 any audience but exactly this resource is refused (RFC 8725 §3.9)', async () => {
    const ours = shared.stack.mcpUrl;
    const audiences = [
      'https://evil.example/mcp',
      `${ours}/`,
      shared.stack.publicUrl,
      shared.client.clientId,
      [ours],
      ['https://evil.example/mcp', ours],
      [ours, 'https://evil.example/mcp'],
      [],
      '',
    ];
    for (const aud of audiences) await expectRefused(await keys.sign({ ...claims, aud }));
  });

  it.each(['iss', 'aud', 'exp', 'iat', 'sub', 'client_id', 'jti', 'scope', 'gid', 'cred', 'cv'])(
    '164 a token without %s is refused',
    async (name) => {
      await expectRefused(await keys.sign(without(name)));
    },
  );

  it.each(['JWT', 'jwt', 'logout+jwt', 'dpop+jwt', 'gateway-context+jwt', ''])(
    '163 typ %j is refused (RFC 9068 §4)',
    async (typ) => {
      await expectRefused(await keys.sign(claims, { typ }));
    },
  );

  it('163 a token without typ is refused', async () => {
    const [, payload = '', signature = ''] = tokens.access_token.split('.');
    await expectRefused(`${encode({ alg: 'ES256', kid: keys.kid })}.${payload}.${signature}`);
  });

  it('164 an expired token is refused once the leeway of 30 s is over', async () => {
    await expectRefused(await keys.sign({ ...claims, iat: now() - 331, exp: now() - 31 }));
    const { gateway } = await present(await keys.sign({ ...claims, iat: now() - 300, exp: now() - 5 }));
    expect(gateway.status).toBe(200);
  });

  it.each([
    ['a string', '9999999999'],
    ['1e308', 1e308],
    ['negative', -1],
    ['null', null],
    ['a fraction', 0.5],
  ])('164 an exp that is %s is refused', async (_title, exp) => {
    await expectRefused(await keys.sign({ ...claims, exp: exp as number }));
  });

  it('165 a token from the future or of a day’s life is refused', async () => {
    await expectRefused(await keys.sign({ ...claims, nbf: now() + 300 }));
    await expectRefused(await keys.sign({ ...claims, iat: now() + 300, exp: now() + 600 }));
    await expectRefused(await keys.sign({ ...claims, exp: now() + 86_400 }));
  });

  it.each(['sub', 'client_id', 'jti', 'scope', 'gid', 'cred'])(
    '164 a %s that is no string is refused',
    async (name) => {
      for (const value of [1, ['a'], null, {}])
        await expectRefused(await keys.sign({ ...claims, [name]: value }));
    },
  );

  it('215 a credential handle of another grant opens nothing', async () => {
    const other = await signIn(shared.stack, { client: shared.client, login: 'hubot' });
    const foreign = decodeJwt(other.tokens.access_token);
    await expectRefused(await keys.sign({ ...claims, cred: foreign['cred'] }));
    await expectRefused(await keys.sign({ ...claims, cred: 'unknown' }));
  });

  it('215 a token issued for a newer credential version than is stored is refused (rollback)', async () => {
    await expectRefused(await keys.sign({ ...claims, cv: Number(claims['cv']) + 1 }));
  });
});

describe('shapes', () => {
  it('167 other shapes than one canonical compact JWS are refused', async () => {
    const [header = '', payload = '', signature = ''] = tokens.access_token.split('.');
    const jwe = await new CompactEncrypt(Buffer.from(tokens.access_token))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(new Uint8Array(32));
    const last = signature.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const sameBytes = signature.slice(0, -1) + (alphabet[alphabet.indexOf(last) ^ 1] ?? '');
    const shapes = [
      jwe,
      `${header}.${payload}.${signature}.${signature}.${signature}`,
      `${header}.${payload}.${signature}=`,
      `${header}.${payload}=.${signature}`,
      `${header}.${payload}.${sameBytes}`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      `${encode({ alg: 'ES256', typ: 'at+jwt', kid: keys.kid })}.${Buffer.from('x').toString('base64url')}.${signature}`,
      await keys.sign({ ...claims, padding: 'x'.repeat(4096) }),
    ];
    for (const shape of shapes) await expectRefused(shape);
  });

  it.each(['gho_16C7e42F292c6912E7710c838347Ae178B4a', 'opaque', 'ocr_refresh'])(
    '168 %s as bearer token is refused, not logged and not sent to GitHub',
    async (kind) => {
      const token = kind === 'ocr_refresh' ? tokens.refresh_token : kind;
      await expectRefused(token);
      expect(shared.stack.log.join('')).not.toContain(token === 'opaque' ? 'Bearer opaque' : token);
      expect(shared.stack.github.sightings(token)).toEqual([]);
    },
  );
});

describe('the worker’s own door', () => {
  async function call(headers: Record<string, string>) {
    return await withoutSideEffect(
      shared.stack,
      async () =>
        await sendMcp(`${shared.stack.workers[0] ?? ''}/mcp`, legacyRequest('tools/call', GET_ME), headers),
    );
  }

  it('a client’s token alone opens no worker', async () => {
    const answer = await call({ authorization: `Bearer ${tokens.access_token}` });
    expect(answer.status).toBe(403);
  });

  it('a gateway context alone opens no worker', async () => {
    const answer = await call({ 'x-gw-context': await keys.contextFor(String(claims['gid'])) });
    expect(answer.status).toBe(401);
  });

  it('a context for another grant, a forged and an expired one are refused', async () => {
    const authorization = `Bearer ${tokens.access_token}`;
    const forged = await new SignJWT({ gid: claims['gid'], tools: ['*'] })
      .setProtectedHeader({ alg: 'HS256', typ: 'gateway-context+jwt' })
      .setIssuedAt()
      .setExpirationTime('30s')
      .sign(Buffer.from('guess'));
    for (const context of [await keys.contextFor('other'), forged, 'x', '', tokens.access_token]) {
      expect((await call({ authorization, 'x-gw-context': context })).status).toBe(403);
    }
  });

  it.each([['https://evil.example'], ['http://localhost'], ['null']])(
    '201 a browser page of origin %s is refused by a worker',
    async (origin) => {
      const context = await keys.contextFor(String(claims['gid']));
      const answer = await call({
        origin,
        authorization: `Bearer ${tokens.access_token}`,
        'x-gw-context': context,
      });
      expect(answer.status).toBe(403);
    },
  );
});
