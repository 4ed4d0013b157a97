import { createHmac } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isSameText } from '../../../shared/same-text.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import { deriveCurrent, findKey } from '../../../shared/vault/index.ts';
import { meaningOfGitHubScope } from '../../../shared/github/index.ts';
import type { ConsentModel, ScopeLine } from '../../pages/index.ts';
import { isConfirmed } from '../../pages/index.ts';
import type { LoginSeen } from './login-record.ts';
import { isClientIdUrl, redirectTarget } from '../../clients/index.ts';
import { interactionPath } from '../../http/index.ts';

const PURPOSE = 'consent-form';

/** What is being decided; everything the page shows and the answer is bound to. */
export interface ConsentSubject {
  readonly uid: string;
  readonly clientId: string;
  readonly clientName: string | undefined;
  /** Where the answer goes: back to the client by a redirect, or to the device that shows a code. */
  readonly answersTo: { readonly redirectUri: string } | { readonly userCode: string };
  readonly resource: string;
  readonly requested: readonly string[];
  /** What the person may add by ticking it. */
  readonly offered: readonly string[];
  /** Who is signed in, if anybody. */
  readonly account: { readonly sub: string; readonly login: string } | undefined;
  readonly accountChangedFrom: string | undefined;
  /** What the page was made from. */
  readonly seen: LoginSeen;
}

export interface ConsentAnswer {
  readonly decision: 'allow' | 'other-account' | 'deny';
  /** Requested scopes and the offered ones that were ticked. */
  readonly scopes: readonly string[];
}

/** Renders and reads the consent form. The form's token binds the answer to exactly what the page showed. */
export function createConsent(deps: { gatewayRing: KeyRing; githubHost: string }) {
  const { gatewayRing } = deps;
  return {
    model: (subject: ConsentSubject): ConsentModel => ({
      action: interactionPath(subject.uid),
      csrfToken: tokenOf(deriveCurrent(gatewayRing, PURPOSE), subject),
      client: { name: subject.clientName, id: subject.clientId, hostedAt: hostOf(subject.clientId) },
      redirect: shownTarget(subject.answersTo),
      resource: subject.resource,
      githubHost: deps.githubHost,
      requested: subject.requested.map(toLine),
      offered: subject.offered.map(toLine),
      account: subject.account?.login,
      accountChangedFrom: subject.accountChangedFrom,
    }),
    /**
     * The answer, or undefined when the form is not the one this page rendered for this browser. Without the tick nothing
     * is decided: it is what a click or key that was meant for another window does not have. Saying no needs none.
     */
    read: (
      subject: ConsentSubject,
      form: Readonly<Record<string, unknown>>,
    ): ConsentAnswer | 'unconfirmed' | undefined => {
      const isTokenOf = (key: KeyObject) => isSameText(form['csrf'], tokenOf(key, subject));
      if (findKey(gatewayRing, PURPOSE, isTokenOf) < 0) return undefined;
      const decision = form['decision'];
      if (decision !== 'allow' && decision !== 'deny' && decision !== 'other-account') return undefined;
      if (decision !== 'deny' && !isConfirmed(form)) return 'unconfirmed';
      const ticked = [form['scope'] ?? []].flat();
      const extra = subject.offered.filter((scope) => ticked.includes(scope));
      return { decision, scopes: [...subject.requested, ...extra].sort() };
    },
  };
}

export type Consent = ReturnType<typeof createConsent>;

function tokenOf(key: KeyObject, subject: ConsentSubject): string {
  return createHmac('sha256', key)
    .update(JSON.stringify(shown(subject)))
    .digest('base64url');
}

function shown(subject: ConsentSubject): readonly unknown[] {
  const { uid, clientId, clientName, answersTo, resource, requested, account } = subject;
  return ['consent', uid, clientId, clientName ?? null, answersTo, resource, requested, account?.sub ?? null];
}

function shownTarget(answersTo: ConsentSubject['answersTo']): ConsentModel['redirect'] {
  if ('userCode' in answersTo) return { target: answersTo.userCode, kind: 'device' };
  return redirectTarget(answersTo.redirectUri);
}

function hostOf(clientId: string): ConsentModel['client']['hostedAt'] {
  if (!isClientIdUrl(clientId)) return undefined;
  const { host, pathname: path } = new URL(clientId);
  return { host, path };
}

function toLine(scope: string): ScopeLine {
  return { name: scope, meaning: meaningOfGitHubScope(scope) };
}
