import { randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import type { CredentialIdentity, Store } from '../../shared/store/index.ts';
import { createRecords, keys } from '../../shared/store/index.ts';
import { credentialIndexFamily, recordMacKeys, seal, unseal } from '../../shared/vault/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';

/** Finds the handle of an identity's credential. Handles are sealed: the store alone opens no credential. */
export interface HandleIndex {
  find(of: CredentialIdentity): Promise<string | undefined>;
  /** Of several callers creating at once one wins and the others adopt its handle. */
  findOrCreate(of: CredentialIdentity): Promise<string>;
}

/**
 * An identity that does not come back is forgotten this long after its last sign-in, longer than any grant lives (ms);
 * so no index outlives the root key it is sealed under by more.
 */
const REMEMBERED_MS = 400 * 24 * 60 * 60_000;
/** Written again at a sign-in only when that gains a day (ms). */
const SLIDE_MS = 24 * 60 * 60_000;

export function createHandleIndex({
  store,
  gatewayRing,
  clock,
}: {
  store: Store;
  gatewayRing: KeyRing;
  clock: Clock;
}): HandleIndex {
  const index = createRecords(store, credentialIndexFamily, recordMacKeys(gatewayRing));
  const context = (of: CredentialIdentity) => ({
    purpose: 'credential-handle',
    salt: '',
    bind: [keys.credentialIndex(of).text],
  });
  const find = async (of: CredentialIdentity) => {
    const found = await index.read(keys.credentialIndex(of));
    return found && { ...found, handle: unseal(gatewayRing, context(of), found.data.handle) };
  };
  const write = async (of: CredentialIdentity, handle: string, expect: 'absent' | { version: string }) => {
    const data = { handle: seal(gatewayRing, context(of), handle) };
    const expiresAt = clock.now() + REMEMBERED_MS;
    return await store.commit([index.put(keys.credentialIndex(of), data, { expiresAt, expect })]);
  };
  return {
    find: async (of) => (await find(of))?.handle,
    findOrCreate: async (of) => {
      const existing = await find(of);
      if (existing === undefined) {
        const handle = randomBytes(16).toString('base64url');
        return (await write(of, handle, 'absent')) ? handle : ((await find(of))?.handle ?? handle);
      }
      const { handle, version, expiresAt } = existing;
      // Losing to another writer is fine: it wrote the same handle.
      if ((expiresAt ?? 0) < clock.now() + REMEMBERED_MS - SLIDE_MS) await write(of, handle, { version });
      return handle;
    },
  };
}
