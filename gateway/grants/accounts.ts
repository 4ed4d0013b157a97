import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../shared/clock.ts';
import type { RecordFamily, Store } from '../../shared/store/index.ts';
import { createRecords, keys } from '../../shared/store/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { recordMacKeys } from '../../shared/vault/index.ts';

/** A person, known by (GitHub host, numeric id); a login can be renamed and given to somebody else. */
export interface Account {
  readonly githubId: number;
  /** As GitHub said at the last sign-in; for display only. */
  readonly login: string;
  readonly lastLoginAt: number;
}

const accountFamily: RecordFamily<Account> = {
  schema: 1,
  readsUndatedMac: true,
  shape: z.strictObject({ githubId: z.int(), login: z.string(), lastLoginAt: z.int() }),
};

/** An account that does not come back is forgotten this long after its last sign-in, longer than any grant lives (ms). */
const REMEMBERED_MS = 400 * 24 * 60 * 60_000;

export interface Accounts {
  find(sub: string): Promise<Account | undefined>;
  /** The stable, opaque subject of a GitHub account, whether it ever signed in here or not. */
  subjectOf(githubId: number): string;
  /** Records a sign-in and answers the stable, opaque subject. */
  signedIn(user: { id: number; login: string }): Promise<string>;
}

export function createAccounts(deps: {
  store: Store;
  gatewayRing: KeyRing;
  githubHost: string;
  clock: Clock;
}): Accounts {
  const { store, githubHost, clock } = deps;
  const records = createRecords(store, accountFamily, recordMacKeys(deps.gatewayRing));
  return {
    find: async (sub) => (await records.read(keys.account(githubHost, sub)))?.data,
    subjectOf: (githubId) => subjectOf(githubHost, githubId),
    signedIn: async ({ id, login }) => {
      const sub = subjectOf(githubHost, id);
      const data = { githubId: id, login, lastLoginAt: clock.now() };
      const options = { expiresAt: data.lastLoginAt + REMEMBERED_MS };
      await store.commit([records.put(keys.account(githubHost, sub), data, options)]);
      return sub;
    },
  };
}

/** The same person has the same subject on every gateway and after every restart. */
function subjectOf(githubHost: string, githubId: number): string {
  const digest = createHash('sha256')
    .update(`account\n${githubHost}\n${String(githubId)}`)
    .digest();
  return digest.subarray(0, 16).toString('base64url');
}
