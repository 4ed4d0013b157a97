import { createHmac } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isSameText } from '../../shared/same-text.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { deriveCurrent, findKey } from '../../shared/vault/index.ts';
import type { AccountSession } from './account-session.ts';

const PURPOSE = 'account-form';

/** What a form of the account page does; a revocation names its grant. */
export type AccountAction = 'sign-out' | 'revoke' | 'revoke-all' | 'disconnect';

/** Synchroniser tokens: each is good for one session, one action and one grant. */
export interface AccountForms {
  tokenOf(session: AccountSession, action: AccountAction, grantId?: string): string;
  isGenuine(
    form: AccountForm,
    session: AccountSession,
    of: { action: AccountAction; grantId?: string },
  ): boolean;
}

/** A form as it was sent; nothing in it is believed. */
export type AccountForm = Readonly<Record<string, unknown>>;

export function createAccountForms(gatewayRing: KeyRing): AccountForms {
  const tokenUnder = (key: KeyObject, ...of: Parameters<AccountForms['tokenOf']>) => {
    const [session, action, grantId] = of;
    return createHmac('sha256', key)
      .update(JSON.stringify(['account', session.id, action, grantId ?? null]))
      .digest('base64url');
  };
  return {
    tokenOf: (...of) => tokenUnder(deriveCurrent(gatewayRing, PURPOSE), ...of),
    isGenuine: (form, session, { action, grantId }) => {
      const isTokenOf = (key: KeyObject) =>
        isSameText(form['csrf'], tokenUnder(key, session, action, grantId));
      return findKey(gatewayRing, PURPOSE, isTokenOf) >= 0;
    },
  };
}
