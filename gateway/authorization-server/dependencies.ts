import type { Request } from 'express';
import type { Clock } from '../../shared/clock.ts';
import type { GitHubApi, GitHubHost, GitHubOAuthClient } from '../../shared/github/index.ts';
import type { EventBus } from '../../shared/ops/index.ts';
import type { OutgoingHttp } from '../../shared/outgoing-http/index.ts';
import type { AccessRequirement } from '../../shared/policy/index.ts';
import type { Resource } from '../../shared/resources.ts';
import type { RevocationFeed, RevocationPublisher } from '../../shared/revocation/index.ts';
import type { OverlappingSecret } from '../../shared/secrets/index.ts';
import type { Store } from '../../shared/store/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import type { AddressLimits } from './address-limits.ts';
import type { ScopePolicy } from './authorization-request.ts';
import type { PreregisteredClients } from './preregistered-clients.ts';
import type { RegistrationRules } from './registration-policy.ts';

/** What the authorization server is given. */
export interface AuthorizationServerDeps {
  readonly publicUrl: string;
  readonly resources: readonly [Resource, ...Resource[]];
  readonly scopes: ScopePolicy;
  /** Whether pages of every origin may read the metadata. */
  readonly metadataCors: boolean;
  readonly registration: 'open' | 'allowlist' | 'off';
  readonly registrationRules: RegistrationRules;
  readonly maxUnusedClients: number;
  readonly limits: AddressLimits;
  /** Whom people ask for help; shown on pages that report a fault. */
  readonly supportContact: string | undefined;
  readonly preregistered: Pick<PreregisteredClients, 'get'>;
  /** How client ID metadata documents are fetched; absent when they are off. */
  readonly clientDocuments:
    { readonly http: OutgoingHttp; readonly allowedHosts: readonly string[] | undefined } | undefined;
  readonly accessTokenTtlSeconds: number;
  readonly refreshTokenIdleSeconds: number;
  readonly refreshTokenMaxSeconds: number;
  readonly refreshTokenWindowSeconds: number;
  /** A credential must outlive an access token by this, so that no call is cut short. */
  readonly longestCallSeconds: number;
  readonly github: {
    readonly host: GitHubHost;
    readonly oauth: GitHubOAuthClient;
    readonly api: GitHubApi;
    readonly clientId: string;
    readonly redirectUri: string;
  };
  readonly grantsPerClient: number;
  readonly signingKeyMaxAgeSeconds: number;
  /** What people must be beyond having an account, and how long an answer of GitHub's is believed. */
  readonly access: { readonly requirement: AccessRequirement; readonly maxAgeSeconds: number };
  /** Absent when the GitHub app sends no webhooks. */
  readonly webhookSecret: Pick<OverlappingSecret, 'accepted' | 'lookAgain'> | undefined;
  readonly store: Store;
  /** Where ended grants are told, and where it is heard that the store came back. */
  readonly revocations: Pick<RevocationPublisher, 'publish'> &
    Pick<RevocationFeed, 'onResumed' | 'onRevoked'>;
  readonly gatewayRing: KeyRing;
  readonly vaultRing: KeyRing;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly onFault: (error: unknown, req: Request | undefined) => void;
}
