import { z } from 'zod';
import type { RecordFamily, Store } from '../../shared/store/index.ts';
import { createRecords, keys } from '../../shared/store/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { recordMacKeys } from '../../shared/vault/index.ts';

const family: RecordFamily<{ readonly id: number }> = {
  schema: 1,
  shape: z.strictObject({ id: z.int() }),
};

/**
 * Which organization a login means. An organization that is renamed or deleted gives its login up, and whoever registers
 * it next would let its own members in here: the id that was seen first stays, until an operator accepts another one.
 */
export interface OrganizationIds {
  /** Whether the login still means the organization that it meant; the first id that is seen is remembered. */
  isSame(login: string, id: number): Promise<boolean>;
  /** From now on the login means the organization with this id. */
  readonly accept: (login: string, id: number) => Promise<void>;
}

export function createOrganizationIds(deps: {
  readonly store: Store;
  readonly gatewayRing: KeyRing;
  readonly githubHost: string;
  /** Told of an organization whose login somebody else has now. */
  readonly onChanged: (change: { readonly login: string; readonly was: number; readonly is: number }) => void;
}): OrganizationIds {
  const { store, githubHost } = deps;
  const records = createRecords(store, family, recordMacKeys(deps.gatewayRing));
  const keyOf = (login: string) => keys.organization(githubHost, login.toLowerCase());
  return {
    isSame: async (login, id) => {
      const key = keyOf(login);
      const first = records.put(key, { id }, { expiresAt: null, expect: 'absent' });
      const known =
        (await records.read(key)) ?? ((await store.commit([first])) ? undefined : await records.read(key));
      if (known === undefined || known.data.id === id) return true;
      deps.onChanged({ login, was: known.data.id, is: id });
      return false;
    },
    accept: async (login, id) => {
      await store.commit([records.put(keyOf(login), { id }, { expiresAt: null })]);
    },
  };
}
