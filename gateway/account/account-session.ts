import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../shared/clock.ts';
import type { RecordFamily, Store, TypedRecord } from '../../shared/store/index.ts';
import { createRecords, keys } from '../../shared/store/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { recordMacKeys } from '../../shared/vault/index.ts';

const IDLE_MS = 60 * 60_000;
export const ACCOUNT_SESSION_MS = 8 * 60 * 60_000;
/** A session is written again only when its idle end would move by more than this (ms). */
const SLIDE_MS = 60_000;

/** Who is signed in at the account page of one browser. */
export interface AccountSession {
  readonly sub: string;
  /** As GitHub said at this sign-in; for display only. */
  readonly login: string;
  /** Names the session without opening it; what its forms are bound to. */
  readonly id: string;
}

type StoredSession = Pick<AccountSession, 'sub' | 'login'> & { readonly startedAt: number };

const sessionFamily: RecordFamily<StoredSession> = {
  schema: 1,
  shape: z.strictObject({ sub: z.string(), login: z.string(), startedAt: z.int() }),
};

export interface AccountSessions {
  /** Starts a session under a new name, whatever the browser had before; answers the cookie's value. */
  start(person: Pick<AccountSession, 'sub' | 'login'>): Promise<string>;
  /** The session of a cookie, its idle end moved; a value that we did not make is no session. */
  find(token: string | undefined): Promise<AccountSession | undefined>;
  end(token: string | undefined): Promise<void>;
}

/** Sessions of the account page: 1 h idle, 8 h in all, known to the store by the hash of their cookie. */
export function createAccountSessions(deps: {
  store: Store;
  gatewayRing: KeyRing;
  clock: Clock;
}): AccountSessions {
  const { store, clock } = deps;
  const records = createRecords(store, sessionFamily, recordMacKeys(deps.gatewayRing));
  const endOf = ({ startedAt }: StoredSession) =>
    Math.min(clock.now() + IDLE_MS, startedAt + ACCOUNT_SESSION_MS);
  const slide = async (token: string, { data, version, expiresAt }: TypedRecord<StoredSession>) => {
    const end = endOf(data);
    if (end - (expiresAt ?? 0) <= SLIDE_MS) return;
    // The version: a session that is ended at this moment must not come back.
    const options = { expiresAt: end, expect: { version } };
    await store.commit([records.put(keys.accountSession(token), data, options)]);
  };
  return {
    start: async (person) => {
      const token = randomBytes(32).toString('base64url');
      const data = { ...person, startedAt: clock.now() };
      const options = { expiresAt: endOf(data), expect: 'absent' } as const;
      await store.commit([records.put(keys.accountSession(token), data, options)]);
      return token;
    },
    find: async (token) => {
      const found = token === undefined ? undefined : await records.read(keys.accountSession(token));
      if (token === undefined || found === undefined) return undefined;
      if (found.data.startedAt + ACCOUNT_SESSION_MS <= clock.now()) return undefined;
      await slide(token, found);
      return { sub: found.data.sub, login: found.data.login, id: sessionId(token) };
    },
    end: async (token) => {
      if (token !== undefined) await store.commit([{ op: 'delete', key: keys.accountSession(token) }]);
    },
  };
}

function sessionId(token: string): string {
  return createHash('sha256').update(`account session ${token}`).digest('base64url');
}
