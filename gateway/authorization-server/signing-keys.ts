import type { JWK } from 'jose';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';
import { z } from 'zod';
import { SIGNING_ALGORITHM } from '../../shared/access-token/index.ts';
import type { FindVerificationKey } from '../../shared/access-token/index.ts';
import type { Clock } from '../../shared/clock.ts';
import type { RecordFamily, Store } from '../../shared/store/index.ts';
import { createRecords, keys, StoreUnavailableError } from '../../shared/store/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { recordMacKeys, seal, unseal } from '../../shared/vault/index.ts';

interface StoredKey {
  readonly kid: string;
  readonly createdAt: number;
  /** Private JWK, sealed under GATEWAY_KEYS. */
  readonly sealed: string;
}

const signingKeysFamily: RecordFamily<{ readonly keys: readonly StoredKey[] }> = {
  schema: 1,
  shape: z.strictObject({
    keys: z.array(z.strictObject({ kid: z.string(), createdAt: z.int(), sealed: z.string() })).min(1),
  }),
};

/** The gateway's signing keys; the first signs, all of them verify. */
export interface SigningKeys {
  readonly kid: string;
  readonly privateKey: Awaited<ReturnType<typeof importJWK>>;
  /** Private JWKs, current first, for oidc-provider. */
  readonly privateJwks: { readonly keys: readonly JWK[] };
  /** What `/jwks` publishes (RFC 7517). */
  readonly publicJwks: { readonly keys: readonly JWK[] };
  readonly findVerificationKey: FindVerificationKey;
}

/**
 * Loads the signing keys, creating the first one when the store has none. Of several gateways starting at once
 * one creates and the others adopt its key.
 * @throws StoreUnavailableError, RecordRefusedError, UnsealError: without keys a gateway does not start.
 */
export async function loadSigningKeys(deps: {
  store: Store;
  gatewayRing: KeyRing;
  clock: Clock;
}): Promise<SigningKeys> {
  const records = createRecords(deps.store, signingKeysFamily, recordMacKeys(deps.gatewayRing));
  const key = keys.signingKeys();
  const found = (await records.read(key)) ?? (await createFirst());
  const privateJwks = found.data.keys.map(open);
  const publicJwks = privateJwks.map(toPublic);
  const imported = new Map(
    await Promise.all(
      publicJwks.map(async (jwk) => [jwk.kid ?? '', await importJWK(jwk, SIGNING_ALGORITHM)] as const),
    ),
  );
  const [current] = privateJwks;
  if (current?.kid === undefined) throw new TypeError('a signing key record holds at least one key');
  return {
    kid: current.kid,
    privateKey: await importJWK(current, SIGNING_ALGORITHM),
    privateJwks: { keys: privateJwks },
    publicJwks: { keys: publicJwks },
    findVerificationKey: (kid) => Promise.resolve(imported.get(kid)),
  };

  async function createFirst() {
    const { privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
    const jwk = await exportJWK(privateKey);
    const kid = await calculateJwkThumbprint(jwk);
    const sealed = seal(deps.gatewayRing, sealContext(kid), JSON.stringify(jwk));
    const data = { keys: [{ kid, createdAt: deps.clock.now(), sealed }] };
    await deps.store.commit([records.put(key, data, { expiresAt: null, expect: 'absent' })]);
    const adopted = await records.read(key);
    if (adopted === undefined)
      throw new StoreUnavailableError('the store lost the signing keys just written');
    return adopted;
  }

  function open(stored: StoredKey): JWK {
    const jwk = JSON.parse(unseal(deps.gatewayRing, sealContext(stored.kid), stored.sealed)) as JWK;
    return { ...jwk, kid: stored.kid, alg: SIGNING_ALGORITHM, use: 'sig' };
  }
}

function sealContext(kid: string) {
  return { purpose: 'signing-key', salt: kid, bind: [keys.signingKeys().text, kid] };
}

function toPublic({ kty, crv, x, y, kid, alg, use }: JWK): JWK {
  return { kty, crv, x, y, kid, alg, use } as JWK;
}
