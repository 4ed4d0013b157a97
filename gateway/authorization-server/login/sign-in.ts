import { Router } from 'express';
import type { Platform } from '../../../shared/platform/index.ts';
import { requestFaultLog } from '../../http/index.ts';
import type { Everybody, People } from '../../standing/index.ts';
import type { Clients } from '../../clients/index.ts';
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
  readonly everybody: Everybody;
  readonly clients: Clients;
  readonly accountPagesOf: AccountPagesOf;
}

interface SignInOptions {
  readonly publicUrl: string;
  readonly scopes: ScopePolicy;
  readonly grantTtlMs: number;
  readonly supportContact: string | undefined;
}

/** How people sign in. State lives in the store: any gateway serves any step. */
export function createSignIn(platform: Platform, options: SignInOptions, rooms: Rooms): SignIn {
  const { store, gatewayRing, clock, events, logger } = platform;
  const { publicUrl, supportContact } = options;
  const { everybody, accountPagesOf } = rooms;
  const records = createLoginRecords({ store, gatewayRing, clock });
  // The account page knows the people of the first GitHub.
  const identityProvider = identityProviderOf(everybody.all[0]);
  const account = accountPagesOf({ setOut: records.setOutToAccount, identityProvider });
  const onFault = requestFaultLog(logger, 'a sign-in step failed');
  return {
    routesOver: (interactions) => {
      const router = Router({ caseSensitive: true, strict: true });
      const common = { interactions, records, clients: rooms.clients };
      const depsOf = everybody.each((people) => loginDeps(platform, options, people, common));
      const { callbackParameters } = identityProvider;
      const logins = { interactions, records, callbackParameters, depsOf, events };
      const rules = { publicUrl, supportContact, arriveAtAccount: account.arrive, onFault };
      router.use(createLoginRoutes(logins, rules));
      router.use(account.routes);
      return router;
    },
    sweep: async () => {
      await records.sweep(async ({ resource, handle, grantId }) => {
        await everybody.of(resource).credentials.source.release(handle, grantId);
      });
    },
  };
}

function identityProviderOf({ github, credentials }: People): IdentityProvider {
  const { host, oauth, api, redirectUri } = github;
  return createGitHubIdentityProvider({
    host,
    oauth,
    api,
    redirectUri,
    discard: credentials.source.discard,
  });
}

function loginDeps(
  { gatewayRing, clock, events }: Platform,
  { scopes, grantTtlMs }: SignInOptions,
  people: People,
  { interactions, records, clients }: Pick<LoginDeps, 'interactions' | 'records' | 'clients'>,
): LoginDeps {
  const { accounts, grants, credentials, standing, github } = people;
  return {
    interactions,
    records,
    clients,
    accounts,
    grants,
    credentials: credentials.source,
    consent: createConsent({ gatewayRing, githubHost: new URL(github.host.webBase).host }),
    identityProvider: identityProviderOf(people),
    membership: standing.membership,
    scopes,
    grantTtlMs,
    clock,
    events,
  };
}
