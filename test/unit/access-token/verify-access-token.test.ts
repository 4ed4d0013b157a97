import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createAccessTokenVerifier,
  createJwksSource,
  KeysUnavailableError,
} from '../../../shared/access-token/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const ISSUER = 'https://gateway.example';
const AUDIENCE = 'https://gateway.example/mcp';
const clock = fakeClock();
const now = Math.floor(clock.now() / 1000);

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
let keys: Keys;
let foreign: Keys;

beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true });
  foreign = await generateKeyPair('ES256', { extractable: true });
});

const goodClaims = {
  iss: ISSUER,
  sub: 'user',
  aud: AUDIENCE,
  client_id: 'client',
  scope: 'read:user',
  jti: 'id',
  iat: now,
  exp: now + 300,
  gid: 'grant',
  cred: 'handle',
  cv: 1,
};
const goodHeader = { alg: 'ES256', typ: 'at+jwt', kid: 'k1' };

async function sign(
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key = keys.privateKey,
) {
  return await new SignJWT({ ...goodClaims, ...claims })
    .setProtectedHeader({ ...goodHeader, ...header })
    .sign(key);
}

function verifier(findKey = (kid: string) => Promise.resolve(kid === 'k1' ? keys.publicKey : undefined)) {
  return createAccessTokenVerifier({ issuer: ISSUER, audience: AUDIENCE, findKey, clock });
}

describe('an access token (RFC 9068 §4, RFC 8725)', () => {
  it('is accepted when everything holds', async () => {
    expect(await verifier()(await sign())).toMatchObject({ ok: true, claims: { sub: 'user', gid: 'grant' } });
  });

  it.each([
    ['another issuer', { iss: 'https://evil.example' }, 'issuer'],
    ['our issuer with a slash', { iss: `${ISSUER}/` }, 'issuer'],
    ['another audience', { aud: 'https://gateway.example/other' }, 'audience'],
    ['several audiences, ours among them', { aud: [AUDIENCE, 'x'] }, 'claims'],
    ['a list with only our audience', { aud: [AUDIENCE] }, 'claims'],
    ['the past', { iat: now - 400, exp: now - 31 }, 'expired'],
    ['the future', { iat: now + 31, exp: now + 300 }, 'not_yet_valid'],
    ['nbf ahead', { nbf: now + 300 }, 'not_yet_valid'],
    ['a life over an hour', { exp: now + 3601 }, 'lifetime'],
    ['no subject', { sub: '' }, 'claims'],
    ['no grant', { gid: undefined }, 'claims'],
    ['no credential handle', { cred: undefined }, 'claims'],
    ['a version that is text', { cv: '1' }, 'claims'],
    ['scope as a list', { scope: ['read:user'] }, 'claims'],
    ['exp that is text', { exp: String(now + 300) }, 'claims'],
  ])('is refused with %s', async (_name, claims, reason) => {
    expect(await verifier()(await sign(claims))).toEqual({ ok: false, reason });
  });

  it('is accepted within the leeway of 30 s and refused beyond it', async () => {
    expect(await verifier()(await sign({ iat: now - 300, exp: now - 29 }))).toMatchObject({ ok: true });
  });

  it.each([
    ['another type', { typ: 'JWT' }],
    ['no type', { typ: undefined }],
    ['a key of its own', { jwk: { kty: 'EC' } }],
    ['a key address', { jku: 'https://evil.example/jwks' }],
    ['a certificate', { x5c: ['AA'] }],
    ['an unknown critical member', { crit: ['x'], x: 1 }],
    ['no key id', { kid: undefined }],
    ['a key id of 10 kB', { kid: 'k'.repeat(10_000) }],
  ])('is refused with %s in its header', async (_name, header) => {
    const [, payload, signature] = (await sign()).split('.');
    const forged = [
      Buffer.from(JSON.stringify({ ...goodHeader, ...header })).toString('base64url'),
      payload,
      signature,
    ];
    expect(await verifier()(forged.join('.'))).toMatchObject({ ok: false });
  });

  it.each(['none', 'None', 'HS256', 'RS256', 'ES384', 'EdDSA'])(
    'is refused with alg %s before a key is looked up',
    async (alg) => {
      const header = Buffer.from(JSON.stringify({ ...goodHeader, alg })).toString('base64url');
      const payload = Buffer.from(JSON.stringify(goodClaims)).toString('base64url');
      const refuse = verifier(() => Promise.reject(new Error('a key was looked up')));
      expect(await refuse(`${header}.${payload}.AAAA`)).toEqual({ ok: false, reason: 'header_refused' });
    },
  );

  it('is refused when another key signed it', async () => {
    expect(await verifier()(await sign({}, {}, foreign.privateKey))).toEqual({
      ok: false,
      reason: 'signature',
    });
  });

  it.each([
    ['empty', ''],
    ['one segment', 'abc'],
    ['five segments', 'a.b.c.d.e'],
    ['padding', 'a=.b.c'],
    ['a space', 'a .b.c'],
    ['64 kB', `${'a'.repeat(65_536)}.b.c`],
    ['a GitHub token', 'gho_0123456789abcdef0123456789abcdef0123'],
  ])('is refused as malformed: %s', async (_name, token) => {
    expect(await verifier()(token)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('has one spelling: stray trailing bits in the signature are refused', async () => {
    const token = await sign();
    const last = token.at(-1) ?? 'A';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = token.slice(0, -1) + (alphabet[alphabet.indexOf(last) ^ 1] ?? '');
    expect(await verifier()(twin)).toMatchObject({ ok: false });
  });

  it('is verified once per process, and expires all the same', async () => {
    const local = fakeClock();
    let lookups = 0;
    const verify = createAccessTokenVerifier({
      issuer: ISSUER,
      audience: AUDIENCE,
      clock: local,
      findKey: () => {
        lookups += 1;
        return Promise.resolve(keys.publicKey);
      },
    });
    const token = await sign();
    for (let count = 0; count < 5; count += 1) expect(await verify(token)).toMatchObject({ ok: true });
    expect(lookups).toBe(1);
    local.advance(331_000);
    expect(await verify(token)).toEqual({ ok: false, reason: 'expired' });
  });
});

describe('the JWKS source', () => {
  async function source() {
    const local = fakeClock();
    const state = { fetches: 0, fails: false };
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1' };
    const fetchJwks = () => {
      state.fetches += 1;
      return state.fails ? Promise.reject(new Error('away')) : Promise.resolve({ keys: [jwk] });
    };
    return { local, state, find: createJwksSource({ fetchJwks, clock: local }) };
  }

  it('shares one fetch between concurrent callers', async () => {
    const { find, state } = await source();
    const found = await Promise.all(Array.from({ length: 20 }, async () => await find('k1')));
    expect(found.every((key) => key !== undefined)).toBe(true);
    expect(state.fetches).toBe(1);
  });

  it('asks for an unknown key at most every 30 s, so that forged tokens drive no traffic', async () => {
    const { find, state, local } = await source();
    await find('k1');
    for (let count = 0; count < 50; count += 1) expect(await find(`forged-${String(count)}`)).toBeUndefined();
    expect(state.fetches).toBe(1);
    local.advance(30_001);
    await find('forged');
    expect(state.fetches).toBe(2);
  });

  it('goes on with known keys for 24 h while the JWKS cannot be fetched, then says so', async () => {
    const { find, state, local } = await source();
    await find('k1');
    state.fails = true;
    local.advance(23 * 3_600_000);
    expect(await find('k1')).toBeDefined();
    local.advance(2 * 3_600_000);
    await expect(find('k1')).rejects.toThrow(KeysUnavailableError);
  });

  it('says that keys are unavailable, not that the token is bad, when none were ever had', async () => {
    const { find, state } = await source();
    state.fails = true;
    await expect(find('k1')).rejects.toThrow(KeysUnavailableError);
  });
});
