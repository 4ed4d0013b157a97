import { createHash, createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../../shared/clock.ts';
import { isSameText } from '../../../shared/same-text.ts';
import type { RecordFamily, Store, TypedRecord } from '../../../shared/store/index.ts';
import { createRecords, keys, sweepDue } from '../../../shared/store/index.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import { deriveCurrent, recordMacKeys, seal, unseal } from '../../../shared/vault/index.ts';
import { Unavailable } from '../../grants/index.ts';

/** How long the browser may be at the identity provider, and its person before a second decision (ms). */
export const LOGIN_TTL_MS = 10 * 60_000;
/** Clocks of gateways differ: none sweeps away what another still lets the person decide about (ms). */
const CLOCK_DIFFERENCE_MS = 60_000;
/** How long one that nobody decided about waits for the sweep; its grant to be holds the credential for longer (ms). */
const KEPT_MS = 12 * 60 * 60_000;
const SWEPT_AT_ONCE = 50;
/** Forms of one consent page that are sent at the same time. */
const MAX_ROUNDS = 10;

/** The browser is at the identity provider, from consent to callback. */
interface Away {
  readonly at: 'provider';
  readonly stateDigest: string;
  readonly codeVerifier: string;
  /** SHA-256 of the cookie that binds the way to the browser that set out. */
  readonly cookieDigest: string;
}

export interface LoginWay extends Away {
  readonly for: 'login';
  readonly uid: string;
  /** Consented scopes; what is asked of GitHub. */
  readonly scopes: readonly string[];
  /** Who the consent page named. */
  readonly shownSub: string | null;
}

/** A sign-in at the account page: it has no interaction, and no application gets anything from it. */
export interface AccountWay extends Away {
  readonly for: 'account';
}

/** A person who came back as somebody whom the page had not named, and decides again. Nothing is granted yet. */
export interface Arrival {
  /** Whose people they are of. */
  readonly resource: string;
  readonly sub: string;
  readonly login: string;
  /** The grant to be, which already holds the credential. */
  readonly grantId: string;
  readonly handle: string;
  readonly scope: readonly string[];
  readonly shownSub: string | null;
}

type LoginRecord = LoginWay | AccountWay | (Arrival & { readonly at: 'decision' });

const away = {
  at: z.literal('provider'),
  stateDigest: z.string(),
  codeVerifier: z.string(),
  cookieDigest: z.string(),
};

const loginFamily: RecordFamily<LoginRecord> = {
  schema: 1,
  shape: z.discriminatedUnion('at', [
    z.discriminatedUnion('for', [
      z.strictObject({
        for: z.literal('login'),
        uid: z.string(),
        scopes: z.array(z.string()),
        shownSub: z.string().nullable(),
        ...away,
      }),
      z.strictObject({ for: z.literal('account'), ...away }),
    ]),
    z.strictObject({
      at: z.literal('decision'),
      resource: z.string(),
      sub: z.string(),
      login: z.string(),
      grantId: z.string(),
      /** Sealed. */
      handle: z.string(),
      scope: z.array(z.string()),
      shownSub: z.string().nullable(),
    }),
  ]),
};

/** What the browser takes along. */
export interface SetOut {
  readonly state: string;
  readonly codeChallenge: string;
  readonly cookie: { readonly suffix: string; readonly value: string };
}

/** A login as it was when somebody looked. */
export interface LoginSeen {
  readonly uid: string;
  /** Who waits for a second decision, if anybody does. */
  readonly arrival: Arrival | undefined;
  /** Of its record; undefined when there is none. */
  readonly version: string | undefined;
}

/** Where a login stands: one record from consent to the last decision, named after the interaction's uid. */
export interface LoginRecords {
  /** How a login stands now. */
  look(uid: string): Promise<LoginSeen>;
  /** Takes an arrival that was seen: of two decisions at once one gets it. */
  takeArrival(seen: LoginSeen): Promise<Arrival | undefined>;
  /**
   * Sets out to the provider; what was decided last counts. Undefined when the person came back meanwhile, and is to decide
   * about that.
   */
  setOut(of: Pick<LoginWay, 'uid' | 'scopes' | 'shownSub'>, seen: LoginSeen): Promise<SetOut | undefined>;
  readonly setOutToAccount: () => Promise<SetOut>;
  /** Takes the way that a callback belongs to: it is gone afterwards, whatever happens next. */
  comeBack(state: string): Promise<LoginWay | AccountWay | undefined>;
  arrive(uid: string, arrival: Arrival): Promise<void>;
  /** Lets go of the credentials of those that nobody decided about: a page that was closed keeps no GitHub token alive. */
  sweep(release: (arrival: Arrival) => Promise<void>): Promise<void>;
}

interface LoginRecordDeps {
  readonly store: Store;
  readonly gatewayRing: KeyRing;
  readonly clock: Clock;
}

export function createLoginRecords(deps: LoginRecordDeps): LoginRecords {
  const { store, gatewayRing, clock } = deps;
  const records = createRecords(store, loginFamily, recordMacKeys(gatewayRing));
  const due = keys.arrivalsDue();
  const arrivalIn = (uid: string, { data, expiresAt }: TypedRecord<LoginRecord>) => {
    if (data.at !== 'decision') return undefined;
    const { at: _at, ...arrival } = data;
    const handle = unseal(gatewayRing, handleContext(uid), arrival.handle);
    return { arrival: { ...arrival, handle }, isOver: (expiresAt ?? 0) - KEPT_MS <= clock.now() };
  };
  const remove = async (uid: string, version: string) =>
    await store.commit([{ op: 'delete', key: keys.login(nameOf(uid)), expect: { version } }]);
  return {
    ...waysOut(deps, records),
    look: async (uid) => {
      const found = await records.read(keys.login(nameOf(uid)));
      const arrived = found && arrivalIn(uid, found);
      return {
        uid,
        arrival: arrived?.isOver === false ? arrived.arrival : undefined,
        version: found?.version,
      };
    },
    takeArrival: async ({ uid, arrival, version }) => {
      if (arrival === undefined || version === undefined || !(await remove(uid, version))) return undefined;
      await store.removeMember(due, uid);
      return arrival;
    },
    arrive: async (uid, arrival) => {
      const handle = seal(gatewayRing, handleContext(uid), arrival.handle);
      const until = clock.now() + LOGIN_TTL_MS;
      await store.addMember(due, uid, until + CLOCK_DIFFERENCE_MS);
      const data = { ...arrival, handle, at: 'decision' } as const;
      await store.commit([records.put(keys.login(nameOf(uid)), data, { expiresAt: until + KEPT_MS })]);
    },
    sweep: async (release) => {
      await sweepDue({ store, due, now: clock.now(), most: SWEPT_AT_ONCE }, async (uid) => {
        const found = await records.read(keys.login(nameOf(uid)));
        const arrived = found && arrivalIn(uid, found);
        if (found !== undefined && arrived !== undefined) {
          await release(arrived.arrival);
          await remove(uid, found.version);
        }
        await store.removeMember(due, uid);
      });
    },
  };
}

/**
 * State, PKCE verifier and cookie are derived from a gateway secret and the consent they belong to: a form that is sent
 * twice sets out once, so a double click cannot strand the browser between two. A sign-in at the account page belongs to no
 * consent: each has a random name of its own. The state names its record, which says whether it is the right one.
 */
function waysOut(
  { store, gatewayRing, clock }: LoginRecordDeps,
  records: ReturnType<typeof createRecords<LoginRecord>>,
): Pick<LoginRecords, 'setOut' | 'setOutToAccount' | 'comeBack'> {
  const start = (name: string, seed: string) => {
    const derive = (part: string) =>
      createHmac('sha256', deriveCurrent(gatewayRing, 'login'))
        .update(`${part}\n${seed}`)
        .digest('base64url');
    const state = `${name}.${derive('state')}`;
    const codeVerifier = derive('verifier');
    const value = derive('cookie');
    const kept = {
      at: 'provider',
      stateDigest: sha256(state),
      codeVerifier,
      cookieDigest: sha256(value),
    } as const;
    const given = {
      state,
      codeChallenge: sha256(codeVerifier),
      cookie: { suffix: cookieSuffix(state), value },
    };
    return { kept, given };
  };
  const write = async (name: string, data: LoginRecord, expect: 'absent' | { version: string }) => {
    const expiresAt = clock.now() + LOGIN_TTL_MS;
    return await store.commit([records.put(keys.login(name), data, { expiresAt, expect })]);
  };
  return {
    setOut: async (of, seen) => {
      const name = nameOf(of.uid);
      const { kept, given } = start(name, JSON.stringify([of.uid, of.scopes, of.shownSub]));
      const data = { ...of, for: 'login', ...kept } as const;
      // An arrival that was seen has been taken by who decided.
      let version = seen.arrival === undefined ? seen.version : undefined;
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        if (await write(name, data, version === undefined ? 'absent' : { version })) return given;
        const found = await records.read(keys.login(name));
        if (found?.data.at === 'decision') return undefined;
        version = found?.version;
      }
      throw new Unavailable('login_rounds', 'a sign-in kept setting out from several pages at once');
    },
    setOutToAccount: async () => {
      const name = randomBytes(16).toString('base64url');
      const { kept, given } = start(name, JSON.stringify(['account', name]));
      await write(name, { for: 'account', ...kept }, 'absent');
      return given;
    },
    comeBack: async (state) => {
      const key = keys.login(state.split('.')[0] ?? '');
      const found = await records.read(key);
      // A state that is not the record's own takes nothing: whoever knows a name does not end the sign-in.
      if (found?.data.at !== 'provider' || !isSameText(sha256(state), found.data.stateDigest))
        return undefined;
      const isMine = await store.commit([{ op: 'delete', key, expect: { version: found.version } }]);
      return isMine ? found.data : undefined;
    },
  };
}

/** What a state calls its login: the uid itself opens the consent page, and GitHub is not told it. */
function nameOf(uid: string): string {
  return sha256(`login ${uid}`).slice(0, 22);
}

/** True when the browser presents the cookie it got when it set out (fastmcp CVE-2026-27124: any browser would do). */
export function isBoundToBrowser(way: Pick<Away, 'cookieDigest'>, cookie: string | undefined): boolean {
  return isSameText(sha256(cookie ?? ''), way.cookieDigest);
}

/** Lets several logins run in one browser: each has a cookie of its own, found by its state. */
export function cookieSuffix(state: string): string {
  return sha256(`cookie name ${state}`).slice(0, 10);
}

function handleContext(uid: string) {
  return { purpose: 'arrival-handle', salt: '', bind: [keys.login(nameOf(uid)).text] };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
