import { createAccessTokenVerifier } from '../shared/access-token/index.ts';
import type { Clock } from '../shared/clock.ts';
import { createGatewayContextSigner } from '../shared/gateway-context/index.ts';
import type { GitHubConnection } from '../shared/github/index.ts';
import { createGitHubApi, createGitHubOAuthClient } from '../shared/github/index.ts';
import type { OutgoingHttp } from '../shared/outgoing-http/index.ts';
import { createOutgoingHttp } from '../shared/outgoing-http/index.ts';
import type { Platform } from '../shared/platform/index.ts';
import { faultLog } from '../shared/platform/index.ts';
import type { Service, ServiceDeps } from '../shared/process/index.ts';
import { resourcesOf } from '../shared/resources.ts';
import {
  createRevocationPublisher,
  followRevocations,
  REVOCATION_KEEP_MS,
} from '../shared/revocation/index.ts';
import { keys, openStore } from '../shared/store/index.ts';
import { createAccountPages } from './account/index.ts';
import { createOperations } from './admin/index.ts';
import { createApp } from './app.ts';
import type { AccountPagesOf, AuthorizationServer } from './authorization-server/index.ts';
import { createAuthorizationServer, openDocumentHttp } from './authorization-server/index.ts';
import type { PeriodicJob, SweepJob } from './background/index.ts';
import { startBackground } from './background/index.ts';
import { createMcpEndpoint, createMetadataRoutes, createOpenCalls, createStepUps } from './call/index.ts';
import type { GatewayConfig, GatewaySecrets } from './config/index.ts';
import {
  addressLimits as limitsOfAddresses,
  authorizationServerOptions,
  clientOptions,
  documentRules,
  edgeOptions,
  grantLifetimes,
  openGatewaySecrets,
  outgoingHttpOptions,
  originRule,
  scopePolicy,
} from './config/index.ts';
import { createCredentials } from './credentials/index.ts';
import { createAccounts, createGrants, createRefreshTokens, createRetiredRemoval } from './grants/index.ts';
import { createClientAddresses, observeRequests } from './http/index.ts';
import { bodyBudget, createCallsInFlight, limitAddresses } from './limits/index.ts';
import { createSideListeners } from './side-listeners.ts';
import { createStanding } from './standing/index.ts';
import type { Proxy } from './workers/index.ts';
import { createProxy } from './workers/index.ts';

/** How often a gateway reads the signing keys that others may have changed; far below the time one is published ahead. */
const KEYS_READ_EVERY_MS = 15_000;

/**
 * Builds a gateway from its configuration, room by room from the ground up; opens files and the store, but no port.
 * @throws when keys or store cannot be had, or the proxy's self-test fails: such a gateway does not start.
 */
export async function createGateway(config: GatewayConfig, deps: ServiceDeps): Promise<Service> {
  const { clock, logger, events } = deps;
  const secrets = openGatewaySecrets(config, deps);
  const store = await openStore(config, deps);
  const platform: Platform = { store, clock, logger, events, gatewayRing: secrets.gatewayRing };
  const http = createOutgoingHttp(outgoingHttpOptions(config));
  const documentHttp = await openDocumentHttp(documentRules(config), logger, (publicOnly) =>
    createOutgoingHttp({ ...outgoingHttpOptions(config), publicOnly }),
  );
  secrets.followProxy([http, documentHttp]);
  const revocations = await openRevocations(platform);
  const github = connectGitHub(config, { http, clock, secrets });
  const addressLimits = limitAddresses(limitsOfAddresses(config), { store, clock });
  const people = buildPeople(platform, config, { secrets, github, revocations });
  const clients = clientOptions(config, secrets, documentHttp !== undefined);
  const authorizationServer = await createAuthorizationServer(
    platform,
    { ...authorizationServerOptions(config, clients), github },
    {
      people,
      revocations,
      addressLimits: addressLimits.routes,
      documentHttp,
      accountPagesOf: accountPagesOf(platform, config, { people, github }),
    },
  );
  const { requestTimeoutSeconds, workerUrls } = config;
  const requestTimeoutMs = requestTimeoutSeconds * 1000;
  const proxy = await createProxy({ workerUrls, requestTimeoutMs, clock, events });
  const endpoints = buildEndpoints(platform, config, { secrets, proxy, authorizationServer, revocations });
  const app = buildApp(platform, config, { endpoints, authorizationServer, people });
  const background = startBackground(platform, {
    own: ownJobs(authorizationServer),
    shared: sharedJobs(platform, { people, authorizationServer, github }),
  });
  return {
    app,
    edge: edgeOptions(config),
    sideListeners: createSideListeners(config, {
      publicApp: app,
      operations: operationsOver(platform, { people, authorizationServer, revocations }),
      readAdminToken: secrets.readAdminToken,
      logger,
    }),
    checkStore: store.ping,
    feedAgeSeconds: revocations.ageSeconds,
    olderKeyUses: secrets.olderKeyUses,
    close: async () => {
      secrets.close();
      addressLimits.close();
      await background.stop();
      await proxy.close();
      await http.close();
      await documentHttp?.close();
      await revocations.close();
      await store.close();
    },
  };
}

type Revocations = Awaited<ReturnType<typeof openRevocations>>;
type People = ReturnType<typeof buildPeople>;

/** The feed of what was revoked, read and written: one view for all rooms of the gateway. */
async function openRevocations({ store, clock, logger }: Platform) {
  const feed = () => store.openFeed(keys.revocations(), REVOCATION_KEEP_MS);
  const publisher = createRevocationPublisher({
    feed: feed(),
    clock,
    onFault: faultLog(logger, 'a revocation could not be published yet'),
  });
  const following = await followRevocations({ feed: feed(), clock });
  return {
    ...following,
    publish: publisher.publish,
    close: async () => {
      await publisher.close();
      await following.close();
    },
  };
}

/** The GitHub app that people sign in with. */
function connectGitHub(
  config: GatewayConfig,
  { http, clock, secrets }: { http: OutgoingHttp; clock: Clock; secrets: GatewaySecrets },
): GitHubConnection {
  const { github: host, githubOauthClientId: app, githubOauthRedirectUri: redirectUri } = config;
  const { readClientSecret } = secrets;
  return {
    host,
    app,
    redirectUri,
    oauth: createGitHubOAuthClient({ host, clientId: app, readClientSecret, http, clock }),
    api: createGitHubApi({ host, http }),
  };
}

/** Who is here: their tokens at GitHub, their grants, and whether those may still be used. */
function buildPeople(
  platform: Platform,
  config: GatewayConfig,
  {
    secrets,
    github,
    revocations,
  }: { secrets: GatewaySecrets; github: GitHubConnection; revocations: Revocations },
) {
  const { store, clock, events, logger, gatewayRing } = platform;
  const { host, oauth, api, app } = github;
  const githubHost = host.key;
  const longestCallMs = config.requestTimeoutSeconds * 1000;
  const { vaultRing } = secrets;
  const credentials = createCredentials(platform, {
    githubHost,
    app,
    oauth,
    vaultRing,
    graceMs: longestCallMs,
  });
  const accounts = createAccounts({ store, gatewayRing, githubHost, clock });
  const grants = createGrants({
    store,
    vault: credentials.vault,
    gatewayRing,
    clock,
    githubHost,
    events,
    revocations,
    lifetimes: grantLifetimes(config),
    onFault: faultLog(logger, 'a grant could not be read'),
  });
  revocations.onResumed(() => {
    grants.reapplyEnds().catch(faultLog(logger, 'grants that ended could not be ended once more'));
  });
  const standing = createStanding(
    platform,
    {
      host,
      api,
      oauth,
      app,
      requirement: { organizations: config.organizations, requireMfa: config.requireMfa },
      membershipMaxAgeMs: config.membershipMaxAgeSeconds * 1000,
      neededMs: config.accessTokenTtlSeconds * 1000 + longestCallMs,
      webhookSecret: secrets.webhookSecret,
    },
    { credentials, grants, accounts, revocations },
  );
  return { credentials, accounts, grants, standing, refreshTokens: createRefreshTokens(gatewayRing) };
}

function accountPagesOf(
  platform: Platform,
  config: GatewayConfig,
  { people, github }: { people: People; github: GitHubConnection },
): AccountPagesOf {
  const { publicUrl, supportContact } = config;
  const { credentials, accounts, grants } = people;
  const scopes = scopePolicy(config);
  return (way) =>
    createAccountPages(
      platform,
      { publicUrl, supportContact, github, scopes },
      { way, credentials, accounts, grants },
    );
}

function buildEndpoints(
  { store, clock, events }: Platform,
  config: GatewayConfig,
  rooms: {
    secrets: GatewaySecrets;
    proxy: Proxy;
    authorizationServer: AuthorizationServer;
    revocations: Revocations;
  },
) {
  const { proxy, authorizationServer, revocations } = rooms;
  const { publicUrl, githubOauthBaselineScopes: baselineScopes, cors, maxBodyBytes } = config;
  const { callsPerAccount, streamsPerAccount } = config;
  const openCalls = createOpenCalls(revocations);
  const callsInFlight = createCallsInFlight({ callsPerAccount, streamsPerAccount, bodyBytes: bodyBudget() });
  const stepUps = createStepUps({ offered: config.githubOauthScopes, store, clock });
  const signContext = createGatewayContextSigner({ secret: rooms.secrets.gateKey, clock });
  return resourcesOf(publicUrl).map((resource) => {
    const handler = createMcpEndpoint({
      publicUrl,
      resource,
      baselineScopes,
      origins: originRule(config),
      cors,
      maxBodyBytes,
      verify: createAccessTokenVerifier({
        issuer: publicUrl,
        audience: resource.identifier,
        findKey: authorizationServer.findVerificationKey,
        clock,
        isRevoked: revocations.isRevoked,
      }),
      signContext,
      proxy,
      openCalls,
      callsInFlight,
      noteUse: authorizationServer.noteUse,
      clock,
      stepUps,
      events,
    });
    return { resource, handler };
  });
}

function buildApp(
  { events, logger, clock }: Platform,
  config: GatewayConfig,
  rooms: {
    endpoints: ReturnType<typeof buildEndpoints>;
    authorizationServer: AuthorizationServer;
    people: People;
  },
) {
  const resources = resourcesOf(config.publicUrl);
  return createApp({
    findClientAddress: createClientAddresses(config),
    observe: observeRequests({ events, logger, clock }),
    resourceMetadata: createMetadataRoutes({
      publicUrl: config.publicUrl,
      resources,
      baselineScopes: config.githubOauthBaselineScopes,
      cors: config.metadataCors,
    }),
    endpoints: rooms.endpoints,
    authorizationServer: rooms.authorizationServer,
    webhooks: rooms.people.standing.webhooks,
    logger,
  });
}

function ownJobs({ signingKeys }: AuthorizationServer): readonly PeriodicJob[] {
  return [{ name: 'keeping the signing keys', everyMs: KEYS_READ_EVERY_MS, run: signingKeys.keep }];
}

/** What is due with GitHub and with time; one gateway at a time does it for all. */
function sharedJobs(
  { clock }: Platform,
  rooms: { people: People; authorizationServer: AuthorizationServer; github: GitHubConnection },
): readonly SweepJob[] {
  const { credentials, grants, standing } = rooms.people;
  const remove = createRetiredRemoval({ grants, oauth: rooms.github.oauth, clock });
  return [
    {
      name: 'deleting tokens at GitHub',
      due: keys.retirementsDue(),
      run: async () => await credentials.retirements.sweep(remove),
    },
    { name: 'ending grants', due: keys.grantsDue(), run: grants.sweep },
    {
      name: 'letting go of unfinished sign-ins',
      due: keys.arrivalsDue(),
      run: rooms.authorizationServer.sweepSignIns,
    },
    {
      name: 'following up refused tokens',
      due: keys.refusedCredentials(),
      run: standing.followUpRefusals,
    },
  ];
}

function operationsOver(
  { clock }: Platform,
  rooms: { people: People; authorizationServer: AuthorizationServer; revocations: Revocations },
) {
  const { grants, accounts, standing } = rooms.people;
  const { signingKeys, clients } = rooms.authorizationServer;
  const { organizationIds } = standing;
  const { revocations } = rooms;
  return createOperations({ signingKeys, grants, accounts, clients, organizationIds, revocations, clock });
}
