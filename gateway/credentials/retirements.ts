import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../shared/clock.ts';
import type { RecordFamily, Store } from '../../shared/store/index.ts';
import { createRecords, keys, sweepDue } from '../../shared/store/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { recordMacKeys, seal, unseal } from '../../shared/vault/index.ts';

/** A GitHub token nobody stands on any more, until GitHub has deleted it. */
interface Retirement {
  /** Sealed under GATEWAY_KEYS. */
  readonly accessToken: string;
  /** Set when more is to end than the token: the subject whose whole authorization of the app goes with it. */
  readonly authorizationOf: string | null;
  readonly attempts: number;
  readonly since: number;
}

const retirementFamily: RecordFamily<Retirement> = {
  schema: 2,
  readsUndatedMac: true,
  shape: z.strictObject({
    accessToken: z.string(),
    authorizationOf: z.string().nullable(),
    attempts: z.int(),
    since: z.int(),
  }),
  upgrade: (data) => ({ ...z.looseObject({}).parse(data), authorizationOf: null }),
};

/** After this long a token is given up on: GitHub itself ends unused ones (ms). */
const GIVE_UP_MS = 30 * 24 * 60 * 60_000;
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 6 * 60 * 60_000;
const BATCH = 50;

/** Has GitHub delete a token, or with it the authorization of the subject that is named. */
export type RemoveAtGitHub = (accessToken: string, authorizationOf: string | null) => Promise<unknown>;

/** What `add` wrote down. */
export interface RetirementEntry {
  /** Takes it back; what was written down by somebody else before stays. */
  readonly takeBack: () => Promise<void>;
}

export interface Retirements {
  /** Has a token deleted at GitHub, not before `notBefore` (ms): a call that uses it may still be on its way. */
  add(accessToken: string, notBefore: number): Promise<RetirementEntry>;
  /** Has the authorization that a token belongs to deleted at GitHub; the token is kept until then. */
  addAuthorization(accessToken: string, of: { sub: string; notBefore: number }): Promise<void>;
  /** Tries one at once, due or not. `settled`: somebody else has done it; `postponed`: it is tried again later. */
  attempt<T>(
    accessToken: string,
    remove: (accessToken: string) => Promise<T>,
  ): Promise<T | 'settled' | 'postponed'>;
  /** Tries what is due; answers how many are gone and how many must wait. */
  sweep(remove: RemoveAtGitHub): Promise<{ deleted: number; postponed: number }>;
}

interface RetirementDeps {
  readonly store: Store;
  readonly githubHost: string;
  readonly gatewayRing: KeyRing;
  readonly clock: Clock;
}

/** Tokens waiting to be deleted at GitHub. They survive restarts; a GitHub that is away is asked again later. */
export function createRetirements(deps: RetirementDeps): Retirements {
  const { store, githubHost, clock } = deps;
  const waiting = createWaiting(deps);

  /** What `remove` answered; undefined when it failed and is tried again later. */
  const settle = async <T>(
    id: string,
    retirement: Retirement,
    remove: (accessToken: string) => Promise<T>,
  ) => {
    let result: T;
    try {
      result = await remove(waiting.open(id, retirement));
    } catch {
      await waiting.postpone(id, retirement);
      return undefined;
    }
    await waiting.forget(id);
    return { result };
  };

  return {
    add: async (accessToken, notBefore) => {
      const isNew = await waiting.enter(accessToken, { authorizationOf: null, notBefore });
      return {
        takeBack: async () => {
          if (isNew) await waiting.forget(idOf(accessToken));
        },
      };
    },
    addAuthorization: async (accessToken, { sub, notBefore }) => {
      await waiting.enter(accessToken, { authorizationOf: sub, notBefore });
    },
    attempt: async (accessToken, remove) => {
      const id = idOf(accessToken);
      const found = await waiting.find(id);
      if (found === undefined) return 'settled';
      const settled = await settle(id, found, remove);
      return settled === undefined ? 'postponed' : settled.result;
    },
    sweep: async (remove) => {
      const outcome = { deleted: 0, postponed: 0 };
      const due = keys.retirementsDue(githubHost);
      await sweepDue({ store, due, now: clock.now(), most: BATCH }, async (id) => {
        const found = await waiting.find(id);
        if (found === undefined) {
          await store.removeMember(due, id);
          return;
        }
        const { authorizationOf } = found;
        const settled = await settle(id, found, async (token) => await remove(token, authorizationOf));
        outcome[settled === undefined ? 'postponed' : 'deleted'] += 1;
      });
      return outcome;
    },
  };
}

/** The records and their index by when they are due. */
function createWaiting({ store, githubHost, gatewayRing, clock }: RetirementDeps) {
  const records = createRecords(store, retirementFamily, recordMacKeys(gatewayRing));
  const due = keys.retirementsDue(githubHost);
  const context = (id: string) => ({ purpose: 'retired-token', salt: '', bind: [keys.retirement(id).text] });
  return {
    find: async (id: string) => (await records.read(keys.retirement(id)))?.data,
    open: (id: string, { accessToken }: Retirement) => unseal(gatewayRing, context(id), accessToken),
    enter: async (accessToken: string, of: { authorizationOf: string | null; notBefore: number }) => {
      const { authorizationOf, notBefore } = of;
      const id = idOf(accessToken);
      const since = clock.now();
      // The index first: a record without it would never be looked at, an entry without a record is dropped.
      await store.addMember(due, id, notBefore);
      const sealed = seal(gatewayRing, context(id), accessToken);
      const data = { accessToken: sealed, authorizationOf, attempts: 0, since };
      // A grant that lets go of its token must not make less of what was asked for already.
      const expect = authorizationOf === null ? ({ expect: 'absent' } as const) : {};
      const options = { expiresAt: since + GIVE_UP_MS, ...expect };
      return await store.commit([records.put(keys.retirement(id), data, options)]);
    },
    forget: async (id: string) => {
      await store.commit([{ op: 'delete', key: keys.retirement(id) }]);
      await store.removeMember(due, id);
    },
    postpone: async (id: string, retirement: Retirement) => {
      const attempts = retirement.attempts + 1;
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** retirement.attempts, LONGEST_PAUSE_MS);
      const options = { expiresAt: retirement.since + GIVE_UP_MS };
      await store.commit([records.put(keys.retirement(id), { ...retirement, attempts }, options)]);
      await store.addMember(due, id, clock.now() + pause);
    },
  };
}

function idOf(accessToken: string): string {
  return createHash('sha256').update(`retired ${accessToken}`).digest('base64url');
}
