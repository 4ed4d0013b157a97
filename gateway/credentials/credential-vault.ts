import type { CredentialIdentity, Key, Records, Store } from '../../shared/store/index.ts';
import { createRecords, keys } from '../../shared/store/index.ts';
import type { Credential, CredentialHold, UpstreamToken } from '../../shared/vault/index.ts';
import { credentialFamily, lastHold, liveHolders, withHold } from '../../shared/vault/index.ts';
import { createHandleIndex } from './credential-index.ts';
import type { TokenDeps } from './credential-tokens.ts';
import { createCredentialTokens, retireToken } from './credential-tokens.ts';
import { retryUntilDefined } from './retry.ts';

/**
 * When the token of the last grant is deleted (ms): its calls were cut, no longest call is waited for, only the write that
 * lets go of it, and a sign-in that joins while that is tried.
 */
const LET_GO_MS = 10_000;

/** What a gateway may do with upstream credentials. All methods reject with StoreUnavailableError when the store is away. */
export interface CredentialVault {
  /** Stores a newly issued token under its identity (newest wins) and lets the grant hold it. */
  acquire(of: CredentialIdentity, token: UpstreamToken, hold: CredentialHold): Promise<{ handle: string }>;
  /** Lets one more grant hold the live credential of this identity; undefined when there is none. */
  share(of: CredentialIdentity, hold: CredentialHold): Promise<{ handle: string } | undefined>;
  /** Extends a hold; false when the credential is gone or the grant no longer holds it. */
  extend(handle: string, hold: CredentialHold): Promise<boolean>;
  release(handle: string, grantId: string): Promise<void>;
  /**
   * Lets go after an `acquire` that failed, whether its write was applied or not; false when the grant holds nothing, so
   * that nobody stands on the token.
   */
  withdraw(of: CredentialIdentity, grantId: string): Promise<boolean>;
  /** The GitHub refresh token of a credential and the version it belongs to; undefined when there is none. */
  readRefreshToken(handle: string): Promise<{ refreshToken: string; version: number } | undefined>;
  /**
   * Writes the tokens a refresh brought, both in one commit: the new refresh token is durable before the new
   * access token is used. False when the credential is gone or has another version: somebody else refreshed, or these
   * tokens came too late, and are then deleted at GitHub.
   */
  renew(handle: string, token: UpstreamToken, fromVersion: number): Promise<boolean>;
  /** Closes a credential that GitHub no longer honours; answers the grants that held it, for whom it is over. */
  quarantine(handle: string, version: number): Promise<readonly string[]>;
  /** Version, state and expiry for the token endpoint; undefined when gone or not held by the grant. */
  describe(handle: string, grantId: string): Promise<CredentialStanding | undefined>;
}

export interface CredentialStanding {
  /** The GitHub app's client id. */
  readonly app: string;
  readonly version: number;
  readonly state: Credential['state'];
  readonly accessTokenExpiresAt: number | null;
  readonly heldUntil: number;
}

export function createCredentialVault(deps: TokenDeps): CredentialVault {
  const { store, githubHost, clock } = deps;
  const credentials = createRecords(store, credentialFamily);
  const tokens = createCredentialTokens(deps);
  const handles = createHandleIndex(deps);
  const update = async (handle: string, change: Change) =>
    await updateCredential({ store, credentials }, keys.credential(githubHost, handle), change);
  return {
    acquire: async (of, token, hold) => {
      const handle = await handles.findOrCreate(of);
      await tokens.replace({ of, handle, token, hold });
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
      await letGo(deps, credentials, { handle, grantId });
    },
    withdraw: async (of, grantId) => {
      const handle = await handles.find(of);
      return handle !== undefined && (await letGo(deps, credentials, { handle, grantId }));
    },
    readRefreshToken: tokens.readRefreshToken,
    renew: tokens.renew,
    quarantine: async (handle, version) => {
      let holders: readonly string[] = [];
      await update(handle, (credential) => {
        if (credential.version !== version) return undefined;
        holders = Object.keys(liveHolders(credential.holders, clock.now()));
        return { ...credential, state: 'quarantined' };
      });
      return holders;
    },
    describe: async (handle, grantId) => {
      const found = await credentials.read(keys.credential(githubHost, handle));
      const heldUntil = found?.data.holders[grantId] ?? 0;
      if (found === undefined || heldUntil <= clock.now()) return undefined;
      const { app, version, state, accessTokenExpiresAt } = found.data;
      return { app, version, state, accessTokenExpiresAt, heldUntil };
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

/**
 * Ends one hold; false when there was none. The token of the last one is retired before the record goes, because then
 * nothing names it any more: a gateway that dies in between, or a store that goes away, leaves a token that is deleted
 * and a hold that runs out. A sign-in that joins at this very moment makes the write fail, and the token stays.
 */
async function letGo(
  deps: TokenDeps,
  credentials: Records<Credential>,
  { handle, grantId }: { readonly handle: string; readonly grantId: string },
): Promise<boolean> {
  const { store, clock } = deps;
  const key = keys.credential(deps.githubHost, handle);
  return await retryUntilDefined(async () => {
    const found = await credentials.read(key);
    const { [grantId]: released, ...holders } = found?.data.holders ?? {};
    if (found === undefined || released === undefined) return false;
    const isLast = Object.keys(liveHolders(holders, clock.now())).length === 0;
    const retiring = { handle, credential: found.data, afterMs: LET_GO_MS };
    const retired = isLast ? await retireToken(deps, retiring) : undefined;
    const next = { ...found.data, holders };
    const options = { expiresAt: lastHold(next), expect: { version: found.version } };
    if (await store.commit([credentials.put(key, next, options)])) return true;
    await retired?.takeBack();
    return undefined;
  });
}

function isLive(credential: Credential, now: number): boolean {
  return credential.state === 'live' && (credential.accessTokenExpiresAt ?? Infinity) > now;
}
