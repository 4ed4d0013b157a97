import type { Clock } from '../clock.ts';
import type { Store } from '../store/index.ts';
import { createRecords, keys } from '../store/index.ts';
import { credentialFamily } from './credential.ts';
import type { KeyRing } from './key-ring.ts';
import { unseal } from './seal.ts';

/** Why a credential is not handed out. Each means the caller must sign in again. */
export type CredentialRefusal = 'unknown' | 'rolled_back' | 'grant_not_held' | 'quarantined' | 'expired';

export type CredentialReading =
  | {
      readonly ok: true;
      readonly accessToken: string;
      readonly scopes: readonly string[];
      readonly version: number;
    }
  | { readonly ok: false; readonly reason: CredentialRefusal };

/** What a worker may do with the vault: open the credential that a verified token names. */
export interface CredentialReader {
  /**
   * @throws StoreUnavailableError when the store is away, RecordRefusedError or UnsealError when the record was
   * altered or its key left the ring: these are operator faults, not a reason to sign in again.
   */
  read(request: { handle: string; minVersion: number; grantId: string }): Promise<CredentialReading>;
}

export function createCredentialReader(deps: {
  store: Store;
  vaultRing: KeyRing;
  githubHost: string;
  clock: Clock;
}): CredentialReader {
  const { store, vaultRing, githubHost, clock } = deps;
  const records = createRecords(store, credentialFamily);
  return {
    read: async ({ handle, minVersion, grantId }) => {
      const found = await records.read(keys.credential(githubHost, handle));
      if (found === undefined) return { ok: false, reason: 'unknown' };
      const { data } = found;
      const now = clock.now();
      // A restored backup or a replica that lost writes would bring a superseded token back to life.
      if (data.version < minVersion) return { ok: false, reason: 'rolled_back' };
      if ((data.holders[grantId] ?? 0) <= now) return { ok: false, reason: 'grant_not_held' };
      if (data.state !== 'live') return { ok: false, reason: 'quarantined' };
      if (data.accessTokenExpiresAt !== null && data.accessTokenExpiresAt <= now) {
        return { ok: false, reason: 'expired' };
      }
      const context = accessTokenContext({ githubHost, handle, sub: data.sub, version: data.version });
      return {
        ok: true,
        accessToken: unseal(vaultRing, context, data.accessToken),
        scopes: data.scopes,
        version: data.version,
      };
    },
  };
}

/** Binds a sealed GitHub access token to its host, record, owner and version. */
export function accessTokenContext(of: { githubHost: string; handle: string; sub: string; version: number }) {
  return {
    purpose: 'github-access-token',
    salt: of.handle,
    bind: [keys.credential(of.githubHost, of.handle).text, of.sub, String(of.version)],
  };
}
