import type { Router } from 'express';
import type { GitHubConnection } from '../../shared/github/index.ts';
import type { Platform } from '../../shared/platform/index.ts';
import type { ArriveAtAccount, ScopePolicy, SignInWay } from '../authorization-server/index.ts';
import type { People } from '../standing/index.ts';
import { cookieRules, requestFaultLog } from '../http/index.ts';
import { createAccountForms } from './account-form.ts';
import type { AccountRouteDeps } from './account-routes.ts';
import { createAccountRoutes } from './account-routes.ts';
import { createAccountSessions } from './account-session.ts';
import { createAccountArrival } from './account-sign-in.ts';

export interface AccountPages {
  readonly routes: Router;
  /** The callback's part of a sign-in at the account page. */
  readonly arrive: ArriveAtAccount;
}

export interface AccountOptions {
  readonly publicUrl: string;
  readonly supportContact: string | undefined;
  readonly scopes: ScopePolicy;
}

/** The account page, assembled. Its state lives in the store: any gateway serves any step. */
export function createAccountPages(
  { store, gatewayRing, clock, events, logger }: Platform,
  { publicUrl, supportContact, scopes }: AccountOptions,
  rooms: {
    readonly way: SignInWay;
    readonly people: People;
  },
): AccountPages {
  const { way } = rooms;
  const { accounts, grants, github } = rooms.people;
  const { source, vault, retirements, reader, refresh } = rooms.people.credentials;
  const parts: AccountRouteDeps = {
    setOut: way.setOut,
    identityProvider: way.identityProvider,
    discard: source.discard,
    accounts,
    grants,
    reader,
    vault,
    refresh,
    retirements,
    oauth: github.oauth,
    sessions: createAccountSessions({ store, gatewayRing, clock }),
    forms: createAccountForms(gatewayRing),
    cookies: cookieRules(publicUrl),
    scopes: scopes.baseline,
    publicUrl,
    supportContact,
    githubHost: new URL(github.host.webBase).host,
    githubSettings: settingsOf(github, scopes),
    clock,
    events,
    onFault: requestFaultLog(logger, 'the account page could not do what was asked'),
  };
  return { routes: createAccountRoutes(parts), arrive: createAccountArrival(parts) };
}

/** GitHub lists OAuth apps and GitHub Apps on different pages. */
function settingsOf(github: GitHubConnection, scopes: ScopePolicy): string {
  const path =
    scopes.allowed.length === 0
      ? 'apps/authorizations'
      : `connections/applications/${encodeURIComponent(github.app)}`;
  return `${github.host.webBase}/settings/${path}`;
}
