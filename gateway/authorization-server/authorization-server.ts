import type { RequestHandler } from 'express';
import { Router } from 'express';
import type { Provider } from 'oidc-provider';
import type { AccessTokenClaims, FindVerificationKey } from '../../shared/access-token/index.ts';
import { keys } from '../../shared/store/index.ts';
import { createAccountPages } from './account/account.ts';
import { createRetiredRemoval } from './account/disconnect.ts';
import { limitAddresses } from './address-limits.ts';
import { openCors } from './cors.ts';
import { createArrivals } from './login/arrivals.ts';
import { createCookieKeys } from './cookie-keys.ts';
import { createConsent } from './login/consent.ts';
import { createGitHubIdentityProvider } from './login/identity-provider.ts';
import { createLoginTransactions } from './login/login-transaction.ts';
import { createLoginRoutes } from './login/routes.ts';
import type { Operations } from './operations.ts';
import { createOperations } from './operations.ts';
import { createProvider } from './provider.ts';
import { isServedByProvider, WELL_KNOWN } from './provider-routes.ts';
import { subscribeProviderEvents, tellTokenRefused } from './provider-events.ts';
import { createRegistrationNames } from './registration-names.ts';
import { createRequestNormaliser } from './request-normaliser.ts';
import { ROUTES } from './routes.ts';
import { keepSigningKeys } from './signing-keys/keep-signing-keys.ts';
import { loadSigningKeys } from './signing-keys/signing-keys.ts';
import { answerPlainRefresh } from './token/answer-refresh.ts';
import { followUpRefusals } from './upstream/refused-credentials.ts';
import { endRevokedAuthorization } from './upstream/revoked-authorization.ts';
import type { SweepJob } from './upstream/sweeper.ts';
import { startSweeper } from './upstream/sweeper.ts';
import { createWebhookDeliveries } from './webhooks/deliveries.ts';
import { createWebhookRoutes } from './webhooks/webhook-routes.ts';
import type { AuthorizationServerDeps } from './dependencies.ts';
import type { TokenCore } from './token-core.ts';
import { createTokenCore } from './token-core.ts';

/** Endpoints that programs use, from any origin and without cookies. */
const CORS_ROUTES = [
  ROUTES.registration,
  ROUTES.token,
  ROUTES.revocation,
  ROUTES.jwks,
  ROUTES.deviceAuthorization,
];

export interface AuthorizationServer {
  /** Everything but the last resort: metadata, endpoints, login pages. */
  readonly routes: Router;
  /** oidc-provider itself; answers whatever reaches it, so it is mounted last. */
  readonly provider: RequestHandler;
  readonly findVerificationKey: FindVerificationKey;
  /** Told of every access token that is used: what it came with was received. */
  readonly noteUse: (claims: AccessTokenClaims) => void;
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
      isOperatorsClient: (clientId) => deps.preregistered.get(clientId) !== undefined,
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
    noteUse: core.receipts.noteUse,
    operations: createOperations({ ...deps, ...core, signingKeys }),
    close: async () => {
      addressLimits.close();
      keyKeeper.stop();
      await sweeper.stop();
    },
  };
}

function createPlainRefresh(deps: AuthorizationServerDeps, provider: Provider, core: TokenCore) {
  return answerPlainRefresh({
    clients: provider.Client,
    refresh: core.refreshTokenGrant,
    refuseDisallowed: core.refuseDisallowed,
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
    { due: keys.arrivalsDue(), run: async () => await createArrivals(deps).sweep(core.vault) },
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
