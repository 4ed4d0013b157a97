import type { Request, RequestHandler } from 'express';
import { Router } from 'express';
import type { Provider } from 'oidc-provider';
import type { FindVerificationKey } from '../../shared/access-token/index.ts';
import type { Clock } from '../../shared/clock.ts';
import type { GitHubApi, GitHubHost, GitHubOAuthClient } from '../../shared/github/index.ts';
import type { EventBus } from '../../shared/ops/index.ts';
import type { OutgoingHttp } from '../../shared/outgoing-http/index.ts';
import type { AccessRequirement } from '../../shared/policy/index.ts';
import type { Resource } from '../../shared/resources.ts';
import type { RevocationFeed, RevocationPublisher } from '../../shared/revocation/index.ts';
import type { OverlappingSecret } from '../../shared/secrets/index.ts';
import type { Store } from '../../shared/store/index.ts';
import { keys } from '../../shared/store/index.ts';
import type { CredentialVault, KeyRing } from '../../shared/vault/index.ts';
import {
  createCredentialReader,
  createCredentialVault,
  createRetirements,
} from '../../shared/vault/index.ts';
import { createAccountPages } from './account/account.ts';
import { createRetiredRemoval } from './account/disconnect.ts';
import type { AddressLimits } from './address-limits.ts';
import { limitAddresses } from './address-limits.ts';
import { createAccounts } from './accounts.ts';
import type { ScopePolicy } from './authorization-request.ts';
import { createClientDocuments } from './client-documents/client-documents.ts';
import { createClients } from './clients.ts';
import { openCors } from './cors.ts';
import type { Grants } from './grants/grants.ts';
import { createGrants } from './grants/grants.ts';
import { createArrivals } from './login/arrivals.ts';
import { createCookieKeys } from './cookie-keys.ts';
import { createConsent } from './login/consent.ts';
import { createGitHubIdentityProvider } from './login/identity-provider.ts';
import { createLoginTransactions } from './login/login-transaction.ts';
import { createLoginRoutes } from './login/routes.ts';
import { createAskGitHub } from './membership/ask-github.ts';
import { createKnownStandings } from './membership/known-standing.ts';
import { createMembership } from './membership/membership.ts';
import type { Operations } from './operations.ts';
import { createOperations } from './operations.ts';
import type { PreregisteredClients } from './preregistered-clients.ts';
import { createProvider } from './provider.ts';
import { isServedByProvider, WELL_KNOWN } from './provider-routes.ts';
import { createAdapterFactory } from './provider-adapter.ts';
import { subscribeProviderEvents, tellTokenRefused } from './provider-events.ts';
import { createRegistrationNames } from './registration-names.ts';
import type { RegistrationRules } from './registration-policy.ts';
import { createRequestNormaliser } from './request-normaliser.ts';
import { ROUTES } from './routes.ts';
import { keepSigningKeys } from './signing-keys/keep-signing-keys.ts';
import { loadSigningKeys } from './signing-keys/signing-keys.ts';
import { createAccessTokenIssuer } from './token/access-token.ts';
import { answerPlainRefresh } from './token/answer-refresh.ts';
import { createAuthorizationCodeGrant } from './token/authorization-code-grant.ts';
import { createCodes } from './token/codes.ts';
import { createDeviceCodeGrant } from './token/device-code-grant.ts';
import { createDeviceCodes } from './token/device-codes.ts';
import { createTokenIssue } from './token/issue-tokens.ts';
import { createRefreshTokenGrant } from './token/refresh-token-grant.ts';
import { createRefreshTokens } from './token/refresh-tokens.ts';
import { createEndHolders } from './upstream/end-holders.ts';
import { createEndSuspended } from './upstream/suspended-account.ts';
import { createCredentialFreshener } from './upstream/freshen-credential.ts';
import { createCredentialRefresh } from './upstream/refresh-credential.ts';
import { followUpRefusals, settleRefusal } from './upstream/refused-credentials.ts';
import { endRevokedAuthorization } from './upstream/revoked-authorization.ts';
import type { SweepJob } from './upstream/sweeper.ts';
import { startSweeper } from './upstream/sweeper.ts';
import { createWebhookDeliveries } from './webhooks/deliveries.ts';
import { createWebhookRoutes } from './webhooks/webhook-routes.ts';

/** Endpoints that programs use, from any origin and without cookies. */
const CORS_ROUTES = [
  ROUTES.registration,
  ROUTES.token,
  ROUTES.revocation,
  ROUTES.jwks,
  ROUTES.deviceAuthorization,
];

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

export interface AuthorizationServer {
  /** Everything but the last resort: metadata, endpoints, login pages. */
  readonly routes: Router;
  /** oidc-provider itself; answers whatever reaches it, so it is mounted last. */
  readonly provider: RequestHandler;
  readonly findVerificationKey: FindVerificationKey;
  /** What an operator may do. */
  readonly operations: Operations;
  /** Stops the background work. */
  readonly close: () => Promise<void>;
}

/**
 * The authorization server role (RFC 6749 §1.1), assembled.
 * @throws what loading the signing keys throws: without them a gateway does not start.
 */
export async function createAuthorizationServer(deps: AuthorizationServerDeps): Promise<AuthorizationServer> {
  const { clock, events } = deps;
  const signingKeys = await loadSigningKeys({ ...deps, maxAgeMs: deps.signingKeyMaxAgeSeconds * 1000 });
  const core = createTokenCore(deps, signingKeys);
  const registrationNames = createRegistrationNames(deps);
  const provider = createProvider(
    {
      ...deps,
      clientDocuments: deps.clientDocuments !== undefined,
      grantTtlSeconds: deps.refreshTokenMaxSeconds,
    },
    { ...core, signingKeys, clock, registrationNames, cookieKeys: createCookieKeys(deps.gatewayRing) },
  );
  subscribeProviderEvents(provider, { events, onFault: deps.onFault });
  const routes = Router({ caseSensitive: true, strict: true });
  routes.use([...CORS_ROUTES, ...(deps.metadataCors ? WELL_KNOWN : [])], openCors);
  routes.get(ROUTES.jwks, (_req, res) => {
    res.set({ 'cache-control': 'public, max-age=300', 'content-type': 'application/jwk-set+json' });
    res.send(JSON.stringify(signingKeys.publicJwks()));
  });
  const addressLimits = limitAddresses(deps.limits, deps);
  routes.use(addressLimits.routes);
  const answerToken = createPlainRefresh(deps, provider, core);
  routes.use(createRequestNormaliser({ ...deps, registrationNames, answerToken }));
  routes.use(createLoginPages(deps, provider, core));
  if (deps.webhookSecret !== undefined) routes.use(createWebhooks(deps, core, deps.webhookSecret));
  const sweeper = startSweeper({ ...deps, jobs: createSweepJobs(deps, core) });
  deps.revocations.onResumed(() => {
    core.grants.reapplyEnds().catch((error: unknown) => {
      deps.onFault(error, undefined);
    });
  });
  const keyKeeper = keepSigningKeys({ ...deps, signingKeys });
  const callback = provider.callback();
  return {
    routes,
    provider: (req, res) => {
      if (isServedByProvider(req.method, req.originalUrl.split('?')[0] ?? '')) void callback(req, res);
      else res.status(404).set('cache-control', 'no-store').json({ error: 'not_found' });
    },
    findVerificationKey: signingKeys.findVerificationKey,
    operations: createOperations({ ...deps, ...core, signingKeys }),
    close: async () => {
      addressLimits.close();
      keyKeeper.stop();
      await sweeper.stop();
    },
  };
}

type TokenCore = ReturnType<typeof createTokenCore>;

/** Grants, codes and tokens: what both the token endpoint and a finished login need. */
function createTokenCore(
  deps: AuthorizationServerDeps,
  signingKeys: Awaited<ReturnType<typeof loadSigningKeys>>,
) {
  const { store, gatewayRing, clock, events } = deps;
  const githubHost = deps.github.host.key;
  const now = () => clock.now();
  const { vault, retirements } = createVault(deps);
  const accounts = createAccounts({ store, gatewayRing, githubHost, clock });
  const clients = createClients({ store, gatewayRing, clock, maxUnused: deps.maxUnusedClients });
  const clientDocuments = deps.clientDocuments && createClientDocuments({ ...deps, ...deps.clientDocuments });
  const codes = createCodes({ store, gatewayRing, now });
  const deviceCodes = createDeviceCodes({ store, gatewayRing, now });
  const refreshTokens = createRefreshTokens(gatewayRing);
  const lifetimes = {
    idleMs: deps.refreshTokenIdleSeconds * 1000,
    absoluteMs: deps.refreshTokenMaxSeconds * 1000,
    perClient: deps.grantsPerClient,
  };
  const grants = createGrants({ ...deps, githubHost, vault, lifetimes });
  const issueAccessToken = createAccessTokenIssuer({
    issuer: deps.publicUrl,
    signingKeys,
    ttlSeconds: deps.accessTokenTtlSeconds,
    clock,
  });
  const upstream = createUpstream(deps, { vault, grants });
  const parts = { ...upstream, grants, accounts };
  const issue = createTokenIssue({ ...parts, refreshTokens, issueAccessToken, events, now });
  return {
    ...parts,
    vault,
    retirements,
    clients,
    adapter: createAdapterFactory({
      ...deps,
      clients,
      clientDocuments,
      grants,
      codes,
      deviceCodes,
      refreshTokens,
    }),
    deviceCodeGrant: createDeviceCodeGrant({ deviceCodes, grants, issue, now }),
    authorizationCodeGrant: createAuthorizationCodeGrant({ codes, grants, issue, now }),
    refreshTokenGrant: createRefreshTokenGrant({
      grants,
      issue,
      refreshTokens,
      windowMs: deps.refreshTokenWindowSeconds * 1000,
      now,
    }),
  };
}

/** What keeps GitHub tokens fresh, and what ends grants when GitHub says so. */
function createUpstream(
  deps: AuthorizationServerDeps,
  { vault, grants }: { vault: CredentialVault; grants: Grants },
) {
  const { store, clock, github } = deps;
  const onFault = (error: unknown) => {
    deps.onFault(error, undefined);
  };
  const githubHost = github.host.key;
  const refresh = createCredentialRefresh({ store, vault, oauth: github.oauth, githubHost, clock, onFault });
  const neededMs = deps.accessTokenTtlSeconds * 1000 + deps.longestCallSeconds * 1000;
  const freshen = createCredentialFreshener({ ...deps, vault, grants, refresh, neededMs });
  const reader = createCredentialReader({ ...deps, githubHost });
  const endHolders = createEndHolders({ ...deps, vault, grants });
  const { requirement, maxAgeSeconds } = deps.access;
  const known = createKnownStandings({ ...deps, githubHost, requirement, maxAgeMs: maxAgeSeconds * 1000 });
  const endSuspended = createEndSuspended({ ...deps, grants, known, endHolders });
  const askAccount = createAskGitHub({
    api: github.api,
    requirement: { organizations: [], requireMfa: false },
  });
  const settling = { vault, grants, refresh, reader, askAccount, endSuspended, oauth: github.oauth };
  const shared = { ...deps, ...settling };
  const membership = createMembership({
    ...shared,
    requirement,
    askGitHub: createAskGitHub({ api: github.api, requirement }),
    known,
    freshen,
    settleRefusal: async (grantId) => await settleRefusal(shared, grantId),
  });
  return { ...settling, freshen, endHolders, membership };
}

function createPlainRefresh(deps: AuthorizationServerDeps, provider: Provider, core: TokenCore) {
  return answerPlainRefresh({
    clients: provider.Client,
    refresh: core.refreshTokenGrant,
    onRefused: (error, grantType) => {
      tellTokenRefused(deps, error, grantType);
    },
  });
}

/** What is due with GitHub: tokens to delete, tokens that GitHub refused to a worker. */
function createSweepJobs(deps: AuthorizationServerDeps, core: TokenCore): SweepJob[] {
  const { oauth } = deps.github;
  return [
    {
      due: keys.retirementsDue(),
      run: async () =>
        await core.retirements.sweep(createRetiredRemoval({ ...core, oauth, clock: deps.clock })),
    },
    { due: keys.grantsDue(), run: core.grants.sweep },
    {
      due: keys.refusedCredentials(),
      run: async () => {
        await followUpRefusals({ ...deps, ...core, oauth });
      },
    },
  ];
}

/** What GitHub tells by itself: people who took the app's authorization back, or left where they had to be. */
function createWebhooks(
  deps: AuthorizationServerDeps,
  core: TokenCore,
  secret: NonNullable<AuthorizationServerDeps['webhookSecret']>,
): Router {
  const { oauth, host, clientId } = deps.github;
  return createWebhookRoutes({
    ...deps,
    secret,
    host,
    deliveries: createWebhookDeliveries(deps),
    accounts: core.accounts,
    endRevoked: async (sub) => {
      await endRevokedAuthorization({ ...deps, ...core, oauth, app: clientId }, sub);
    },
    recheck: core.membership.recheck,
  });
}

/** GitHub tokens, and where they go when nobody stands on them any more. */
function createVault(deps: AuthorizationServerDeps) {
  const retirements = createRetirements(deps);
  const graceMs = deps.longestCallSeconds * 1000;
  const githubHost = deps.github.host.key;
  return { retirements, vault: createCredentialVault({ ...deps, githubHost, retirements, graceMs }) };
}

function createLoginPages(deps: AuthorizationServerDeps, provider: Provider, core: TokenCore): Router {
  const { store, gatewayRing, clock, events, github } = deps;
  const consent = createConsent({
    gatewayRing,
    githubHost: new URL(github.host.webBase).host,
  });
  const login = {
    ...core,
    provider,
    consent,
    transactions: createLoginTransactions({ store, gatewayRing, clock }),
    identityProvider: createGitHubIdentityProvider({
      ...github,
      retirements: core.retirements,
      clock,
      onFault: (error) => {
        deps.onFault(error, undefined);
      },
    }),
    arrivals: createArrivals({ store, gatewayRing, clock }),
    githubHost: github.host.key,
    app: github.clientId,
    scopes: deps.scopes,
    grantTtlMs: deps.refreshTokenMaxSeconds * 1000,
    clock,
    events,
  };
  const account = createAccountPages({ ...deps, ...login });
  const router = Router({ caseSensitive: true, strict: true });
  router.use(createLoginRoutes(login, { ...deps, arriveAtAccount: account.arrive }));
  router.use(account.routes);
  return router;
}
