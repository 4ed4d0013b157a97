import type { Clock } from '../../../shared/clock.ts';
import type { EventBus } from '../../../shared/ops/index.ts';
import type { CredentialVault } from '../../credentials/index.ts';
import type { Accounts, Grants } from '../../grants/index.ts';
import type { ScopePolicy } from '../token/scopes.ts';
import type { Clients } from '../clients/clients.ts';
import type { Membership } from '../../standing/index.ts';
import type { Arrivals } from './arrivals.ts';
import type { Consent } from './consent.ts';
import type { IdentityProvider } from './identity-provider.ts';
import type { Interactions } from './interaction.ts';
import type { LoginTransactions, StartedTransaction } from './login-transaction.ts';

/** What the steps of a login work with. State lives in the store: any gateway serves any step. */
export interface LoginDeps {
  readonly interactions: Interactions;
  readonly accounts: Accounts;
  readonly clients: Clients;
  readonly grants: Grants;
  readonly vault: CredentialVault;
  readonly consent: Consent;
  readonly transactions: LoginTransactions;
  readonly arrivals: Arrivals;
  readonly identityProvider: IdentityProvider;
  readonly membership: Pick<Membership, 'admit' | 'isFresh'>;
  readonly githubHost: string;
  /** The GitHub app's client id: credentials of different apps are never mixed. */
  readonly app: string;
  readonly scopes: ScopePolicy;
  readonly grantTtlMs: number;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** Where the browser goes next; a started transaction also sets its cookie. */
export interface NextHop {
  readonly location: string;
  readonly transaction?: StartedTransaction;
}
