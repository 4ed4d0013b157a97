import { createAccessTokenVerifier } from '../shared/access-token/index.ts';
import type { Clock } from '../shared/clock.ts';
import { createGatewayContextSigner } from '../shared/gateway-context/index.ts';
import type { GitHubConnection } from '../shared/github/index.ts';
import { createGitHubApi, createGitHubOAuthClient } from '../shared/github/index.ts';
import type { Logger } from '../shared/logger.ts';
import type { OutgoingHttp } from '../shared/outgoing-http/index.ts';
import { createOutgoingHttp } from '../shared/outgoing-http/index.ts';
import type { Platform } from '../shared/platform/index.ts';
import type { Resource } from '../shared/resources.ts';
import type { Service, ServiceDeps } from '../shared/process/index.ts';
import { openStore } from '../shared/store/index.ts';
import { createAccountPages } from './account/index.ts';
import { createOperations } from './admin/index.ts';
import { createApp } from './app.ts';
import type { AccountPagesOf, AuthorizationServer } from './authorization-server/index.ts';
import type { ClientRegister } from './clients/index.ts';
import { createClientRegister, openDocumentHttp } from './clients/index.ts';
import { createAuthorizationServer } from './authorization-server/index.ts';
import { gatewayJobs, startBackground } from './background/index.ts';
import type { OpenCalls } from './call/index.ts';
import { createMcpEndpoint, createMetadataRoutes, createOpenCalls, createStepUps } from './call/index.ts';
import type { Backend, Backends, GatewayConfig, GatewaySecrets } from './config/index.ts';
import {
  addressLimits as limitsOfAddresses,
  authorizationServerOptions,
  clientOptions,
  configuredBackends,
  documentRules,
  edgeOptions,
  openGatewaySecrets,
  outgoingHttpOptions,
  originRule,
  peopleOptions,
  scopePolicy,
} from './config/index.ts';
import type { Revocations } from './grants/index.ts';
import { openRevocations } from './grants/index.ts';
import { createClientAddresses, observeRequests } from './http/index.ts';
import { bodyBudget, createCallsInFlight, limitAddresses } from './limits/index.ts';
import { createSideListeners } from './side-listeners.ts';
import type { Everybody, People } from './standing/index.ts';
import { createPeople, everybodyOf } from './standing/index.ts';
import type { Proxy } from './workers/index.ts';
import { createProxy } from './workers/index.ts';

/**
 * Builds a gateway from its configuration, room by room from the ground up; opens files and the store, but no port.
 * @throws when keys or store cannot be had, or the proxy's self-test fails: such a gateway does not start.
 */
export async function createGateway(
  config: GatewayConfig,
  deps: ServiceDeps,
  backendsOf: (config: GatewayConfig, secrets: GatewaySecrets) => Backends = configuredBackends,
): Promise<Service> {
  const { clock, logger, events } = deps;
  const secrets = openGatewaySecrets(config, deps);
  const store = await openStore(config, deps);
  const platform: Platform = { store, clock, logger, events, gatewayRing: secrets.gatewayRing };
  const { http, documentHttp } = await openDoors(config, secrets, logger);
  const revocations = await openRevocations(platform);
  const addressLimits = limitAddresses(limitsOfAddresses(config), { store, clock });
  const clients = clientOptions(config, secrets, documentHttp !== undefined);
  const { publicUrl } = config;
  const register = createClientRegister(platform, clients, { publicUrl, http: documentHttp, revocations });
  const backends = backendsOf(config, secrets);
  const everybody = buildPeople(platform, config, { secrets, http, revocations, backends });
  const authorizationServer = await createAuthorizationServer(
    platform,
    { ...authorizationServerOptions(config, clients), resources: resourcesIn(backends) },
    {
      everybody,
      revocations,
      addressLimits: addressLimits.routes,
      register,
      accountPagesOf: accountPagesOf(platform, config, everybody),
    },
  );
  const served = await openProxies(platform, config, backends);
  const openCalls = createOpenCalls(revocations, clock);
  const rooms = { secrets, served, authorizationServer, revocations, everybody, register, openCalls };
  const app = buildApp(platform, config, { ...rooms, resources: resourcesIn(backends) });
  const background = startBackground(platform, gatewayJobs({ everybody, authorizationServer, clock }));
  return {
    app,
    edge: edgeOptions(config),
    sideListeners: createSideListeners(config, {
      publicApp: app,
      operations: buildOperations(platform, rooms),
      readAdminToken: secrets.readAdminToken,
      logger,
    }),
    checkStore: store.ping,
    feedAgeSeconds: revocations.ageSeconds,
    olderKeyUses: secrets.olderKeyUses,
    close: async () => {
      secrets.close();
      addressLimits.close();
      openCalls.close();
      await background.stop();
      for (const { proxy } of served) await proxy.close();
      await http.close();
      await documentHttp?.close();
      await revocations.close();
      await store.close();
    },
  };
}

/** What stands when requests can be answered. */
interface Rooms {
  readonly secrets: GatewaySecrets;
  readonly served: readonly Served[];
  readonly authorizationServer: AuthorizationServer;
  readonly revocations: Revocations;
  readonly everybody: Everybody;
  readonly register: ClientRegister;
  readonly openCalls: OpenCalls;
}

/** The ways out: to GitHub, and to the documents that strangers name. */
async function openDoors(config: GatewayConfig, secrets: GatewaySecrets, logger: Logger) {
  const http = createOutgoingHttp(outgoingHttpOptions(config));
  const documentHttp = await openDocumentHttp(documentRules(config), logger, (publicOnly) =>
    createOutgoingHttp({ ...outgoingHttpOptions(config), publicOnly }),
  );
  secrets.followProxy([http, documentHttp]);
  return { http, documentHttp };
}

function resourcesIn([first, ...others]: Backends) {
  return [first.resource, ...others.map(({ resource }) => resource)] as const;
}

/** The people of every resource; those of two resources at one GitHub, with one app, are the same. */
function buildPeople(
  platform: Platform,
  config: GatewayConfig,
  rooms: {
    readonly secrets: GatewaySecrets;
    readonly http: OutgoingHttp;
    readonly revocations: Revocations;
    readonly backends: Backends;
  },
): Everybody {
  const options = peopleOptions(config, rooms.secrets);
  const known = new Map<string, People>();
  const byResource = new Map<string, People>();
  for (const { resource, github } of rooms.backends) {
    const id = JSON.stringify([github.host.key, github.app]);
    const connection = connectGitHub(github, rooms.http, platform.clock);
    const people = known.get(id) ?? createPeople(platform, connection, options, rooms.revocations);
    known.set(id, people);
    byResource.set(resource.identifier, people);
  }
  return everybodyOf(byResource);
}

function connectGitHub(github: Backend['github'], http: OutgoingHttp, clock: Clock): GitHubConnection {
  const { host, app, redirectUri, readClientSecret } = github;
  const oauth = createGitHubOAuthClient({ host, clientId: app, readClientSecret, http, clock });
  return { host, app, redirectUri, oauth, api: createGitHubApi({ host, http }) };
}

type Served = Pick<Backend, 'resource'> & { readonly proxy: Proxy };

/** A pool of workers for each resource. */
async function openProxies(
  { clock, events }: Platform,
  config: GatewayConfig,
  backends: Backends,
): Promise<readonly Served[]> {
  const requestTimeoutMs = config.requestTimeoutSeconds * 1000;
  return await Promise.all(
    backends.map(async ({ resource, workerUrls }) => {
      const proxy = await createProxy({ workerUrls, requestTimeoutMs, clock, events });
      return { resource, proxy };
    }),
  );
}

/** The account page knows the people of the first GitHub. */
function accountPagesOf(
  platform: Platform,
  config: GatewayConfig,
  { all: [people] }: Everybody,
): AccountPagesOf {
  const { publicUrl, supportContact } = config;
  const options = { publicUrl, supportContact, scopes: scopePolicy(config) };
  return (way) => createAccountPages(platform, options, { way, people });
}

function buildApp(
  platform: Platform,
  config: GatewayConfig,
  rooms: Rooms & { readonly resources: readonly [Resource, ...Resource[]] },
) {
  const { events, logger, clock } = platform;
  return createApp({
    findClientAddress: createClientAddresses(config),
    observe: observeRequests({ events, logger, clock }),
    resourceMetadata: createMetadataRoutes({
      publicUrl: config.publicUrl,
      resources: rooms.resources,
      baselineScopes: config.githubOauthBaselineScopes,
      cors: config.metadataCors,
    }),
    endpoints: buildEndpoints(platform, config, rooms),
    authorizationServer: rooms.authorizationServer,
    webhooks: rooms.everybody.all[0].standing.webhooks,
    logger,
  });
}

function buildEndpoints(
  { store, clock, events }: Platform,
  config: GatewayConfig,
  { secrets, served, authorizationServer, revocations, openCalls }: Rooms,
) {
  const { findVerificationKey: findKey, noteUse } = authorizationServer;
  const { publicUrl, githubOauthBaselineScopes: baselineScopes, cors, maxBodyBytes } = config;
  const { callsPerAccount, streamsPerAccount } = config;
  const callsInFlight = createCallsInFlight({ callsPerAccount, streamsPerAccount, bodyBytes: bodyBudget() });
  const stepUps = createStepUps({ offered: config.githubOauthScopes, store, clock });
  const signContext = createGatewayContextSigner({ secret: secrets.gateKey, clock });
  return served.map(({ resource, proxy }) => {
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
        findKey,
        clock,
        isRevoked: revocations.isRevoked,
      }),
      signContext,
      proxy,
      openCalls,
      callsInFlight,
      noteUse,
      clock,
      stepUps,
      events,
    });
    return { resource, handler };
  });
}

function buildOperations(
  { clock }: Platform,
  { authorizationServer, everybody, revocations, register: { clients } }: Rooms,
) {
  const { signingKeys } = authorizationServer;
  const [people] = everybody.all;
  const { organizationIds } = people.standing;
  const { grants: anyGrants } = everybody;
  return createOperations({ signingKeys, anyGrants, people, organizationIds, clients, revocations, clock });
}
