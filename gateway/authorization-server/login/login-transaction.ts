import { createHash, createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../../shared/clock.ts';
import type { RecordFamily, Store } from '../../../shared/store/index.ts';
import { createRecords, keys } from '../../../shared/store/index.ts';
import { isSameText } from '../../../shared/same-text.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import { deriveCurrent, recordMacKeys } from '../../../shared/vault/index.ts';

export const TRANSACTION_TTL_MS = 10 * 60_000;

/** What every way to GitHub and back has. */
interface UpstreamLeg {
  readonly codeVerifier: string;
  /** SHA-256 of the cookie that binds the transaction to the browser that started it. */
  readonly cookieDigest: string;
}

/** One way to GitHub and back, made when consent was given and taken by the callback. */
export interface LoginTransaction extends UpstreamLeg {
  readonly kind: 'login';
  readonly uid: string;
  readonly clientId: string;
  /** Consented scopes; what is asked of GitHub. */
  readonly scopes: readonly string[];
  /** Who the consent page named. */
  readonly shownSub: string | null;
}

/** A sign-in at the account page: it has no interaction, and no application gets anything from it. */
export interface AccountTransaction extends UpstreamLeg {
  readonly kind: 'account';
}

export type UpstreamTransaction = LoginTransaction | AccountTransaction;

const leg = { codeVerifier: z.string(), cookieDigest: z.string() };

const transactionFamily: RecordFamily<UpstreamTransaction> = {
  schema: 2,
  shape: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('login'),
      uid: z.string(),
      clientId: z.string(),
      scopes: z.array(z.string()),
      shownSub: z.string().nullable(),
      ...leg,
    }),
    z.strictObject({ kind: z.literal('account'), ...leg }),
  ]),
  /** Schema 1 knew logins only. */
  upgrade: (data) => ({ ...z.looseObject({}).parse(data), kind: 'login' }),
};

export interface StartedTransaction {
  readonly state: string;
  readonly codeChallenge: string;
  readonly cookie: { readonly suffix: string; readonly value: string };
}

export interface LoginTransactions {
  start(of: Pick<LoginTransaction, 'uid' | 'clientId' | 'scopes' | 'shownSub'>): Promise<StartedTransaction>;
  startAccountSignIn(): Promise<StartedTransaction>;
  /** Takes the transaction of a callback: it is gone afterwards, whatever happens next. */
  take(state: string): Promise<UpstreamTransaction | undefined>;
  cookieSuffix(state: string): string;
}

type Purpose = Omit<LoginTransaction, keyof UpstreamLeg> | Omit<AccountTransaction, keyof UpstreamLeg>;

/**
 * State, PKCE verifier and cookie are derived from a gateway secret and the consent they belong to: a consent
 * form that is sent twice starts the same transaction, so a double click cannot strand the browser between two.
 * A sign-in at the account page belongs to no consent: each is derived from a random seed of its own.
 */
export function createLoginTransactions(deps: {
  store: Store;
  gatewayRing: KeyRing;
  clock: Clock;
}): LoginTransactions {
  const { store, clock } = deps;
  const records = createRecords(store, transactionFamily, recordMacKeys(deps.gatewayRing));
  const derive = (part: string, seed: string) =>
    createHmac('sha256', deriveCurrent(deps.gatewayRing, 'login-transaction'))
      .update(`${part}\n${seed}`)
      .digest('base64url');
  const start = async (purpose: Purpose, seed: string): Promise<StartedTransaction> => {
    const state = derive('state', seed);
    const codeVerifier = derive('verifier', seed);
    const value = derive('cookie', seed);
    const data = { ...purpose, codeVerifier, cookieDigest: sha256(value) };
    const expiresAt = clock.now() + TRANSACTION_TTL_MS;
    await store.commit([records.put(keys.loginTransaction(state), data, { expiresAt })]);
    return { state, codeChallenge: sha256(codeVerifier), cookie: { suffix: cookieSuffix(state), value } };
  };
  return {
    start: async (of) => {
      const seed = JSON.stringify([of.uid, of.clientId, of.scopes, of.shownSub]);
      return await start({ kind: 'login', ...of }, seed);
    },
    startAccountSignIn: async () =>
      await start({ kind: 'account' }, JSON.stringify(['account', randomBytes(32).toString('base64url')])),
    take: async (state) => (await records.take(keys.loginTransaction(state)))?.data,
    cookieSuffix,
  };
}

/** True when the browser presents the cookie it got when it set out (fastmcp CVE-2026-27124: any browser would do). */
export function isBoundToBrowser(transaction: UpstreamTransaction, cookie: string | undefined): boolean {
  return isSameText(sha256(cookie ?? ''), transaction.cookieDigest);
}

/** Lets several logins run in one browser: each has a cookie of its own, found by its state. */
function cookieSuffix(state: string): string {
  return sha256(`cookie name ${state}`).slice(0, 10);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
