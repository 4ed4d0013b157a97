import type { JWK } from 'jose';
import { importJWK } from 'jose';
import { SIGNING_ALGORITHM } from '../../../shared/access-token/index.ts';
import type { FindVerificationKey } from '../../../shared/access-token/index.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { RevocationPublisher } from '../../../shared/revocation/index.ts';
import type { Store } from '../../../shared/store/index.ts';
import { StoreUnavailableError } from '../../../shared/store/index.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import type { KeyTimes } from './key-schedule.ts';
import {
  isRotationDue,
  PUBLISH_AHEAD_MS,
  publishedKeys,
  signingKey,
  withNextKey,
  withoutKey,
} from './key-schedule.ts';
import type { StoredKey } from './key-set-store.ts';
import { createKeySetStore, openKey, resealKeys } from './key-set-store.ts';

type VerificationKey = Awaited<ReturnType<typeof importJWK>>;

interface LoadedKey extends KeyTimes {
  readonly privateKey: VerificationKey;
  readonly publicKey: VerificationKey;
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
}

/** The gateway's signing keys. What is in force follows from the clock: every gateway promotes and retires alike. */
export interface SigningKeys {
  /** The key that signs now. */
  readonly current: () => { readonly kid: string; readonly privateKey: VerificationKey };
  /** What `/jwks` publishes (RFC 7517): keys that verify, and the next one ahead of its time. */
  readonly publicJwks: () => { readonly keys: readonly JWK[] };
  /** Private JWKs as of now, for oidc-provider, which signs nothing with them. */
  readonly privateJwks: () => readonly JWK[];
  readonly findVerificationKey: FindVerificationKey;
  readonly list: () => readonly KeyTimes[];
  /** Reads what other gateways changed. */
  readonly reload: () => Promise<void>;
  /**
   * Reads, seals what is sealed under an older root key anew, and makes the next key when the last one is old enough; of
   * several gateways one does.
   */
  readonly keep: () => Promise<void>;
  /** Makes the next key, which signs after the caches of verifiers had time to see it. */
  readonly rotate: () => Promise<KeyTimes>;
  /**
   * Ends a key at once: what it signed is refused by all processes, and a new key signs from now on when it was the
   * one that signed. False when there is no such key (any more), which all processes are told of all the same.
   */
  readonly retire: (kid: string) => Promise<boolean>;
}

export interface SigningKeyDeps {
  readonly store: Store;
  readonly gatewayRing: KeyRing;
  readonly clock: Clock;
  /** A key older than this is replaced by schedule (ms). */
  readonly maxAgeMs: number;
  readonly revocations: Pick<RevocationPublisher, 'publish'>;
}

/**
 * Loads the signing keys, creating the first one when the store has none. Of several gateways starting at once
 * one creates and the others adopt its key.
 * @throws StoreUnavailableError, RecordRefusedError, UnsealError: without keys a gateway does not start.
 */
export async function loadSigningKeys(deps: SigningKeyDeps): Promise<SigningKeys> {
  const { gatewayRing, clock } = deps;
  const stored = createKeySetStore(deps);
  const load = createLoader(gatewayRing);
  let loaded: readonly LoadedKey[] = [];
  const reload = async () => {
    const known = await stored.read();
    loaded = await load(known);
    return known;
  };
  const isDue = (known: readonly KeyTimes[]) => isRotationDue(known, clock.now(), deps.maxAgeMs);
  const published = () => publishedKeys(loaded, clock.now());
  const without = async (known: readonly StoredKey[], kid: string) => {
    const rest = withoutKey(known, kid);
    return signingKey(rest, clock.now()) === undefined ? withNextKey(rest, await stored.make(0)) : rest;
  };
  await reload();
  return {
    current: () => {
      const found = signingKey(loaded, clock.now());
      if (found === undefined) throw new StoreUnavailableError('no signing key is in force');
      return found;
    },
    publicJwks: () => ({ keys: published().map(({ publicJwk }) => publicJwk) }),
    privateJwks: () => loaded.map(({ privateJwk }) => privateJwk),
    findVerificationKey: (kid) => Promise.resolve(published().find((each) => each.kid === kid)?.publicKey),
    list: () => loaded.map(timesOf),
    reload: async () => {
      await reload();
    },
    keep: async () => {
      const known = await reload();
      if (resealKeys(gatewayRing, known) !== undefined) {
        await stored.update((found) => Promise.resolve(resealKeys(gatewayRing, found)));
      }
      if (!isDue(loaded)) return;
      await stored.update(async (known) =>
        isDue(known) ? withNextKey(known, await stored.make(PUBLISH_AHEAD_MS)) : undefined,
      );
      await reload();
    },
    rotate: async () => {
      const added = await stored.make(PUBLISH_AHEAD_MS);
      await stored.update((known) => Promise.resolve(withNextKey(known, added)));
      await reload();
      return timesOf(added);
    },
    retire: async (kid) => {
      await reload();
      const isKnown = loaded.some((each) => each.kid === kid);
      try {
        if (isKnown) await stored.update(async (known) => await without(known, kid));
      } finally {
        // Also when it is gone or the store did not say so: who asks again after a failure must not find that nothing was
        // told, while others trust the key for as long as they keep it.
        await deps.revocations.publish({ kind: 'signing-key', id: kid });
      }
      await reload();
      return isKnown;
    },
  };
}

function timesOf({ kid, createdAt, activeFrom, retiresAt }: KeyTimes): KeyTimes {
  return { kid, createdAt, activeFrom, retiresAt };
}

/** Opens keys, each once: importing one costs more than a signature. */
function createLoader(ring: KeyRing) {
  const opened = new Map<string, Omit<LoadedKey, keyof KeyTimes>>();
  const open = async (stored: StoredKey) => {
    const known = opened.get(stored.kid);
    if (known !== undefined) return known;
    const privateJwk = openKey(ring, stored);
    const publicJwk = toPublic(privateJwk);
    const privateKey = await importJWK(privateJwk, SIGNING_ALGORITHM);
    const publicKey = await importJWK(publicJwk, SIGNING_ALGORITHM);
    const loaded = { privateJwk, publicJwk, privateKey, publicKey };
    opened.set(stored.kid, loaded);
    return loaded;
  };
  return async (stored: readonly StoredKey[]): Promise<readonly LoadedKey[]> =>
    await Promise.all(stored.map(async (key) => ({ ...timesOf(key), ...(await open(key)) })));
}

function toPublic({ kty, crv, x, y, kid, alg, use }: JWK): JWK {
  return { kty, crv, x, y, kid, alg, use } as JWK;
}
