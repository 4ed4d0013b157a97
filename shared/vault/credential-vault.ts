import type { Clock } from '../clock.ts';
import type { Change as StoreChange, CredentialIdentity, Key, Records, Store } from '../store/index.ts';
import { createRecords, keys, StoreUnavailableError } from '../store/index.ts';
import type { Credential, CredentialUpstream } from './credential.ts';
import { credentialFamily, credentialUpstreamFamily, liveHolders } from './credential.ts';
import { createHandleIndex } from './credential-index.ts';
import { accessTokenContext } from './credential-reader.ts';
import type { KeyRing } from './key-ring.ts';
import { recordMacKeys } from './key-ring.ts';
import { seal } from './seal.ts';

/** Attempts of a compare-and-set before the store counts as unavailable; contention is one user's sign-ins. */
const MAX_ATTEMPTS = 20;

/** What GitHub issued. Times in milliseconds since the epoch. */
export interface UpstreamToken {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: number | null;
  readonly refreshToken: string | null;
  readonly refreshTokenExpiresAt: number | null;
}

export interface CredentialHold {
  readonly grantId: string;
  /** When the grant stops holding the credential unless extended (ms). */
  readonly until: number;
}

/** What a gateway may do with upstream credentials. All methods reject with StoreUnavailableError when the store is away. */
export interface CredentialVault {
  /** Stores a newly issued token under its identity (newest wins) and lets the grant hold it. */
  acquire(of: CredentialIdentity, token: UpstreamToken, hold: CredentialHold): Promise<{ handle: string }>;
  /** Lets one more grant hold the live credential of this identity; undefined when there is none. */
  share(of: CredentialIdentity, hold: CredentialHold): Promise<{ handle: string } | undefined>;
  /** Extends a hold; false when the credential is gone or the grant no longer holds it. */
  extend(handle: string, hold: CredentialHold): Promise<boolean>;
  release(handle: string, grantId: string): Promise<void>;
  /** Version, state and expiry for the token endpoint; undefined when gone or not held by the grant. */
  describe(handle: string, grantId: string): Promise<CredentialStanding | undefined>;
}

export interface CredentialStanding {
  readonly version: number;
  readonly state: Credential['state'];
  readonly accessTokenExpiresAt: number | null;
  readonly heldUntil: number;
}

interface VaultDeps {
  readonly store: Store;
  readonly gatewayRing: KeyRing;
  readonly vaultRing: KeyRing;
  readonly githubHost: string;
  readonly clock: Clock;
}

export function createCredentialVault(deps: VaultDeps): CredentialVault {
  const { store, gatewayRing, githubHost, clock } = deps;
  const credentials = createRecords(store, credentialFamily);
  const upstream = createRecords(store, credentialUpstreamFamily, recordMacKeys(gatewayRing));
  const handles = createHandleIndex(store, gatewayRing);
  const update = async (handle: string, change: Change) =>
    await updateCredential({ store, credentials }, keys.credential(githubHost, handle), change);
  return {
    acquire: async (of, token, hold) => {
      const handle = await handles.findOrCreate(of);
      const issued = { of, handle, token, hold };
      await retryUntilDefined(async () => await replaceToken(deps, { credentials, upstream }, issued));
      return { handle };
    },
    share: async (of, hold) => {
      const handle = await handles.find(of);
      const now = clock.now();
      const isShared =
        handle !== undefined &&
        (await update(handle, (credential) =>
          isLive(credential, now) ? withHold(credential, hold, now) : undefined,
        ));
      return isShared ? { handle } : undefined;
    },
    extend: async (handle, hold) =>
      await update(handle, (credential) => {
        const isHolder = (credential.holders[hold.grantId] ?? 0) > clock.now();
        return isHolder ? withHold(credential, hold, clock.now()) : undefined;
      }),
    release: async (handle, grantId) => {
      await update(handle, (credential) => {
        const { [grantId]: released, ...holders } = credential.holders;
        return released === undefined ? undefined : { ...credential, holders };
      });
    },
    describe: async (handle, grantId) => {
      const found = await credentials.read(keys.credential(githubHost, handle));
      const heldUntil = found?.data.holders[grantId] ?? 0;
      if (found === undefined || heldUntil <= clock.now()) return undefined;
      const { version, state, accessTokenExpiresAt } = found.data;
      return { version, state, accessTokenExpiresAt, heldUntil };
    },
  };
}

/** The credential after a change; undefined leaves it as it is. */
type Change = (credential: Credential) => Credential | undefined;

/** Reads, lets `change` decide, writes with compare-and-set; false when there was nothing to change. */
async function updateCredential(
  { store, credentials }: { store: Store; credentials: Records<Credential> },
  key: Key,
  change: Change,
): Promise<boolean> {
  return await retryUntilDefined(async () => {
    const found = await credentials.read(key);
    const next = found && change(found.data);
    if (found === undefined || next === undefined) return false;
    const options = { expiresAt: lastHold(next), expect: { version: found.version } };
    return (await store.commit([credentials.put(key, next, options)])) ? true : undefined;
  });
}

interface IssuedToken {
  readonly of: CredentialIdentity;
  readonly handle: string;
  readonly token: UpstreamToken;
  readonly hold: CredentialHold;
}

/** Writes a new token over whatever is there; undefined when another writer was faster. */
async function replaceToken(
  { store, gatewayRing, vaultRing, githubHost, clock }: VaultDeps,
  records: { credentials: Records<Credential>; upstream: Records<CredentialUpstream> },
  { of, handle, token, hold }: IssuedToken,
): Promise<true | undefined> {
  const key = keys.credential(githubHost, handle);
  const found = await records.credentials.read(key);
  const now = clock.now();
  // Seconds as the floor: a credential that was collected and made again must not fall behind a JWT's `cv`.
  const version = Math.max((found?.data.version ?? 0) + 1, Math.floor(now / 1000));
  const { sub, app, scopes } = of;
  const accessToken = seal(
    vaultRing,
    accessTokenContext({ githubHost, handle, sub, version }),
    token.accessToken,
  );
  const { accessTokenExpiresAt } = token;
  const holders = found?.data.holders ?? {};
  const next = withHold(
    { sub, app, scopes, version, state: 'live', accessToken, accessTokenExpiresAt, holders },
    hold,
    now,
  );
  const expect = found === undefined ? 'absent' : { version: found.version };
  const committed = await store.commit([
    upstreamChange({ gatewayRing, upstream: records.upstream }, keys.credentialUpstream(githubHost, handle), {
      handle,
      sub,
      token,
    }),
    records.credentials.put(key, next, { expiresAt: lastHold(next), expect }),
  ]);
  return committed ? true : undefined;
}

/** A GitHub that issues no refresh token leaves none behind from an earlier sign-in. */
function upstreamChange(
  { gatewayRing, upstream }: { gatewayRing: KeyRing; upstream: Records<CredentialUpstream> },
  key: Key,
  { handle, sub, token }: { handle: string; sub: string; token: UpstreamToken },
): StoreChange {
  if (token.refreshToken === null) return { op: 'delete', key };
  const context = { purpose: 'github-refresh-token', salt: handle, bind: [key.text, sub] };
  const data = { refreshToken: seal(gatewayRing, context, token.refreshToken) };
  return upstream.put(key, data, { expiresAt: token.refreshTokenExpiresAt });
}

function isLive(credential: Credential, now: number): boolean {
  return credential.state === 'live' && (credential.accessTokenExpiresAt ?? Infinity) > now;
}

function withHold(credential: Credential, hold: CredentialHold, now: number): Credential {
  return { ...credential, holders: { ...liveHolders(credential.holders, now), [hold.grantId]: hold.until } };
}

/** A credential lives as long as its last holder; with none it is due for collection at once. */
function lastHold(credential: Credential): number {
  return Math.max(0, ...Object.values(credential.holders));
}

async function retryUntilDefined<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let count = 0; count < MAX_ATTEMPTS; count += 1) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw new StoreUnavailableError('a compare-and-set kept losing to other writers');
}
