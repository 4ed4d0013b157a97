import type { Provider } from 'oidc-provider';
import type { Clock } from '../../../shared/clock.ts';
import type { EventBus } from '../../../shared/ops/index.ts';
import type { CredentialVault } from '../../../shared/vault/index.ts';
import type { Accounts } from '../accounts.ts';
import type { ScopePolicy } from '../authorization-request.ts';
import type { Clients } from '../clients.ts';
import type { Grants } from '../grants/grants.ts';
import type { Membership } from '../membership/membership.ts';
import type { Arrivals } from './arrivals.ts';
import type { Consent } from './consent.ts';
import type { IdentityProvider } from './identity-provider.ts';
import type { LoginTransactions, StartedTransaction } from './login-transaction.ts';

export type Interaction = InstanceType<Provider['Interaction']>;

/** What the steps of a login work with. State lives in the store: any gateway serves any step. */
export interface LoginDeps {
  readonly provider: Provider;
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

/** The values of `prompt` in the authorization request (OpenID Connect Core §3.1.2.1). */
export function promptsOf(interaction: Interaction): readonly string[] {
  const prompt = interaction.params['prompt'];
  return typeof prompt === 'string' ? prompt.split(' ') : [];
}
