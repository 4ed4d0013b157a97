import { Router } from 'express';
import type { GitHubConnection } from '../../../shared/github/index.ts';
import type { Platform } from '../../../shared/platform/index.ts';
import type { Credentials } from '../../credentials/index.ts';
import type { Accounts, Grants } from '../../grants/index.ts';
import { requestFaultLog } from '../../http/index.ts';
import type { Standing } from '../../standing/index.ts';
import type { Clients } from '../clients/clients.ts';
import type { ScopePolicy } from '../token/scopes.ts';
import type { ArriveAtAccount } from './callback.ts';
import { createConsent } from './consent.ts';
import type { IdentityProvider } from './identity-providers/identity-provider.ts';
import { createGitHubIdentityProvider } from './identity-providers/github.ts';
import type { Interactions } from './interaction.ts';
import type { LoginRecords } from './login-record.ts';
import { createLoginRecords } from './login-record.ts';
import type { LoginDeps } from './login.ts';
import { createLoginRoutes } from './routes.ts';

/** The way to the identity provider and back, for whoever signs people in. */
export interface SignInWay {
  readonly setOut: LoginRecords['setOutToAccount'];
  readonly identityProvider: IdentityProvider;
}

/** Builds the account page on the way in; its arrival is a branch of the callback. */
export type AccountPagesOf = (way: SignInWay) => {
  readonly routes: Router;
  readonly arrive: ArriveAtAccount;
};

export interface SignIn {
  /** Login and account pages, over the library that keeps the requests. */
  readonly routesOver: (interactions: Interactions) => Router;
  /** Lets go of the credentials of sign-ins that nobody finished. */
  readonly sweep: () => Promise<void>;
}

interface Rooms {
  readonly credentials: Credentials;
  readonly accounts: Accounts;
  readonly grants: Grants;
  readonly standing: Pick<Standing, 'membership'>;
  readonly clients: Clients;
  readonly accountPagesOf: AccountPagesOf;
}

/** How people sign in. State lives in the store: any gateway serves any step. */
export function createSignIn(
  { store, gatewayRing, clock, events, logger }: Platform,
  options: {
    readonly publicUrl: string;
    readonly scopes: ScopePolicy;
    readonly github: GitHubConnection;
    readonly grantTtlMs: number;
    readonly supportContact: string | undefined;
  },
  { credentials, accounts, grants, standing, clients, accountPagesOf }: Rooms,
): SignIn {
  const { publicUrl, scopes, github, grantTtlMs, supportContact } = options;
  const { source } = credentials;
  const { host, oauth, api, redirectUri } = github;
  const records = createLoginRecords({ store, gatewayRing, clock });
  const { discard } = source;
  const identityProvider = createGitHubIdentityProvider({ host, oauth, api, redirectUri, discard });
  const account = accountPagesOf({ setOut: records.setOutToAccount, identityProvider });
  const steps: Omit<LoginDeps, 'interactions'> = {
    accounts,
    clients,
    grants,
    credentials: source,
    records,
    identityProvider,
    membership: standing.membership,
    scopes,
    grantTtlMs,
    clock,
    events,
  };
  const onFault = requestFaultLog(logger, 'a sign-in step failed');
  const consent = createConsent({ gatewayRing, githubHost: new URL(host.webBase).host });
  const rules = { publicUrl, supportContact, consent, arriveAtAccount: account.arrive, onFault };
  return {
    routesOver: (interactions) => {
      const router = Router({ caseSensitive: true, strict: true });
      const deps: LoginDeps = { ...steps, interactions };
      router.use(createLoginRoutes(deps, rules));
      router.use(account.routes);
      return router;
    },
    sweep: async () => {
      await records.sweep(source.release);
    },
  };
}
