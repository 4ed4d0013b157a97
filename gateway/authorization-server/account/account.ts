import type { Request, Router } from 'express';
import type { GitHubHost, GitHubOAuthClient } from '../../../shared/github/index.ts';
import type { Store } from '../../../shared/store/index.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import { createCredentialReader } from '../../../shared/vault/index.ts';
import type { ScopePolicy } from '../authorization-request.ts';
import { cookieRules } from '../cookie-names.ts';
import type { ArriveAtAccount } from '../login/callback.ts';
import { createAccountForms } from './account-form.ts';
import type { AccountRouteDeps } from './account-routes.ts';
import { createAccountRoutes } from './account-routes.ts';
import { createAccountSessions } from './account-session.ts';
import { createAccountArrival } from './account-sign-in.ts';

/** What the account page is made of. */
export interface AccountDeps extends Pick<
  AccountRouteDeps,
  | 'transactions'
  | 'identityProvider'
  | 'accounts'
  | 'grants'
  | 'refresh'
  | 'vault'
  | 'retirements'
  | 'clock'
  | 'events'
  | 'publicUrl'
  | 'supportContact'
> {
  readonly store: Store;
  readonly gatewayRing: KeyRing;
  readonly vaultRing: KeyRing;
  readonly github: {
    readonly host: GitHubHost;
    readonly oauth: GitHubOAuthClient;
    readonly clientId: string;
  };
  readonly scopes: ScopePolicy;
  readonly onFault: (error: unknown, req: Request) => void;
}

export interface AccountPages {
  readonly routes: Router;
  /** The callback's part of a sign-in at the account page. */
  readonly arrive: ArriveAtAccount;
}

/** The account page, assembled. Its state lives in the store: any gateway serves any step. */
export function createAccountPages(deps: AccountDeps): AccountPages {
  const { github } = deps;
  const parts: AccountRouteDeps = {
    ...deps,
    sessions: createAccountSessions(deps),
    forms: createAccountForms(deps.gatewayRing),
    reader: createCredentialReader({ ...deps, githubHost: github.host.key }),
    oauth: github.oauth,
    cookies: cookieRules(deps.publicUrl),
    scopes: deps.scopes.baseline,
    githubHost: new URL(github.host.webBase).host,
    githubSettings: settingsOf(deps),
  };
  return { routes: createAccountRoutes(parts), arrive: createAccountArrival(parts) };
}

/** GitHub lists OAuth apps and GitHub Apps on different pages. */
function settingsOf({ github, scopes }: Pick<AccountDeps, 'github' | 'scopes'>): string {
  const path =
    scopes.allowed.length === 0
      ? 'apps/authorizations'
      : `connections/applications/${encodeURIComponent(github.clientId)}`;
  return `${github.host.webBase}/settings/${path}`;
}
