import { randomBytes } from 'node:crypto';
import type { CredentialIdentity, Store } from '../store/index.ts';
import { createRecords, keys } from '../store/index.ts';
import { credentialIndexFamily } from './credential.ts';
import type { KeyRing } from './key-ring.ts';
import { recordMacKeys } from './key-ring.ts';
import { seal, unseal } from './seal.ts';

/** Finds the handle of an identity's credential. Handles are sealed: the store alone opens no credential. */
export interface HandleIndex {
  find(of: CredentialIdentity): Promise<string | undefined>;
  /** Of several callers creating at once one wins and the others adopt its handle. */
  findOrCreate(of: CredentialIdentity): Promise<string>;
}

export function createHandleIndex(store: Store, gatewayRing: KeyRing): HandleIndex {
  const index = createRecords(store, credentialIndexFamily, recordMacKeys(gatewayRing));
  const context = (of: CredentialIdentity) => ({
    purpose: 'credential-handle',
    salt: '',
    bind: [keys.credentialIndex(of).text],
  });
  const find = async (of: CredentialIdentity) => {
    const found = await index.read(keys.credentialIndex(of));
    return found && unseal(gatewayRing, context(of), found.data.handle);
  };
  return {
    find,
    findOrCreate: async (of) => {
      const existing = await find(of);
      if (existing !== undefined) return existing;
      const handle = randomBytes(16).toString('base64url');
      const data = { handle: seal(gatewayRing, context(of), handle) };
      const put = index.put(keys.credentialIndex(of), data, { expiresAt: null, expect: 'absent' });
      return (await store.commit([put])) ? handle : ((await find(of)) ?? handle);
    },
  };
}
