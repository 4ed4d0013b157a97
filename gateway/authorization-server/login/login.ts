import type { Clock } from '../../../shared/clock.ts';
import type { EventBus } from '../../../shared/ops/index.ts';
import type { CredentialSource } from '../../credentials/index.ts';
import type { Accounts, Grants } from '../../grants/index.ts';
import type { ScopePolicy } from '../token/scopes.ts';
import type { Clients } from '../../clients/index.ts';
import type { Membership } from '../../standing/index.ts';
import type { Consent } from './consent.ts';
import type { IdentityProvider } from './identity-providers/identity-provider.ts';
import type { Interactions } from './interaction.ts';
import type { LoginRecords, SetOut } from './login-record.ts';

/** What the steps of a login work with: the rooms of its resource's people. State lives in the store. */
export interface LoginDeps {
  readonly interactions: Interactions;
  readonly accounts: Accounts;
  readonly clients: Pick<Clients, 'keepUntil'>;
  readonly grants: Grants;
  readonly credentials: CredentialSource;
  readonly consent: Consent;
  readonly records: LoginRecords;
  readonly identityProvider: IdentityProvider;
  readonly membership: Pick<Membership, 'admit' | 'isFresh'>;
  readonly scopes: ScopePolicy;
  readonly grantTtlMs: number;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** What every login has in common, whichever GitHub its people are of. */
export interface Logins {
  readonly interactions: Interactions;
  readonly records: LoginRecords;
  readonly callbackParameters: IdentityProvider['callbackParameters'];
  /** By the resource that is asked for. */
  readonly depsOf: (resource: string) => LoginDeps;
  readonly events: EventBus;
}

/** Where the browser goes next; on the way to a provider it takes a cookie along. */
export interface NextHop {
  readonly location: string;
  readonly cookie?: SetOut['cookie'];
}
