import type { AccessTokenClaims, FindVerificationKey } from '../shared/access-token/index.ts';
import { createAccessTokenVerifier } from '../shared/access-token/index.ts';
import type { Clock } from '../shared/clock.ts';
import { secretSource } from '../shared/config/index.ts';
import { createGatewayContextSigner } from '../shared/gateway-context/index.ts';
import { createGitHubApi, createGitHubOAuthClient } from '../shared/github/index.ts';
import { createOutgoingHttp } from '../shared/outgoing-http/index.ts';
import type { OutgoingHttp } from '../shared/outgoing-http/index.ts';
import { connectionLimit } from '../shared/listener/index.ts';
import type { EdgeOptions, Service, ServiceDeps } from '../shared/process/index.ts';
import { resourcesOf } from '../shared/resources.ts';
import type { RevocationFeed } from '../shared/revocation/index.ts';
import {
  createRevocationPublisher,
  followRevocations,
  REVOCATION_KEEP_MS,
} from '../shared/revocation/index.ts';
import type { Store } from '../shared/store/index.ts';
import { keys, openStore } from '../shared/store/index.ts';
import { USER_AGENT } from '../shared/version.ts';
import { createApp } from './app.ts';
import type { AuthorizationServerDeps } from './authorization-server/index.ts';
import {
  createAuthorizationServer,
  parsePreregisteredClients,
  proveAddressGuard,
} from './authorization-server/index.ts';
import type { GatewayConfig } from './config.ts';
import type { OriginRule } from './http/index.ts';
import { addressGroup, createClientAddresses, createTrust, parseAddress, requestIdOf } from './http/index.ts';
import { bodyBudget, createCallsInFlight } from './limits/index.ts';
import { createMcpEndpoint } from './mcp-endpoint.ts';
import { observeRequests } from './observability/index.ts';
import type { Proxy } from './proxy/index.ts';
import { createOpenCalls } from './open-calls.ts';
import { createProxy } from './proxy/index.ts';
import { createMetadataRoutes } from './resource-server/index.ts';
import { createStepUps } from './step-up.ts';
import type { GatewaySecrets } from './secrets.ts';
import { openGatewaySecrets } from './secrets.ts';
import { createSideListeners } from './side-listeners.ts';

/**
 * Builds a gateway from its configuration; opens files and the store, but no port.
 * @throws when keys or store cannot be had, or the proxy's self-test fails: such a gateway does not start.
 */
export async function composeGateway(config: GatewayConfig, deps: ServiceDeps): Promise<Service> {
  const { clock, logger, events } = deps;
  const secrets = openGatewaySecrets(config, deps);
  const store = await openStore(config, deps);
  const http = createOutgoingHttp({ ...config, userAgent: USER_AGENT });
  const revocations = await openRevocations(store, deps);
  const clientDocuments = await openClientDocuments(config, deps);
  secrets.followProxy([http, clientDocuments?.http]);
  const authorizationServer = await buildAuthorizationServer(config, {
    ...deps,
    secrets,
    store,
    http,
    clientDocuments,
    revocations,
  });
  const proxy = await openProxy(config, deps);
  const endpoints = buildEndpoints(config, {
    ...deps,
    secrets,
    store,
    proxy,
    ...authorizationServer,
    revocations,
  });
  const app = createApp({
    findClientAddress: createClientAddresses(config),
    observe: observeRequests({ events, logger, clock }),
    resourceMetadata: buildResourceMetadata(config),
    endpoints,
    authorizationServer,
    logger,
  });
  return {
    app,
    edge: edgeOf(config),
    sideListeners: createSideListeners(config, {
      publicApp: app,
      ...authorizationServer,
      ...secrets,
      logger,
    }),
    checkStore: store.ping,
    feedAgeSeconds: revocations.ageSeconds,
    olderKeyUses: secrets.olderKeyUses,
    close: async () => {
      secrets.close();
      await authorizationServer.close();
      await proxy.close();
      await http.close();
      await clientDocuments?.http.close();
      await revocations.close();
      await store.close();
    },
  };
}

async function openProxy(config: GatewayConfig, { clock, events }: ServiceDeps): Promise<Proxy> {
  const requestTimeoutMs = config.requestTimeoutSeconds * 1000;
  return await createProxy({ workerUrls: config.workerUrls, requestTimeoutMs, clock, events });
}

/** How the public listener treats connections and the form of requests. */
function edgeOf(config: GatewayConfig): EdgeOptions {
  const max = connectionLimit(config.maxConnections);
  const isTrusted = createTrust(config.trustedProxies);
  return {
    form: { authorities: [new URL(config.publicUrl).host], loopbackNamesOnly: false },
    keepAliveMs: config.keepAliveSeconds * 1000,
    connections: {
      max,
      // One address must not shut out all others; behind one office's or platform's address there are many people.
      maxPerAddress: Math.ceil(max / 4),
      groupOf: (peer) => (isTrusted(parseAddress(peer) ?? peer) ? undefined : addressGroup(peer)),
    },
  };
}

function buildResourceMetadata(config: GatewayConfig) {
  return createMetadataRoutes({
    publicUrl: config.publicUrl,
    resources: resourcesOf(config.publicUrl),
    baselineScopes: config.githubOauthBaselineScopes,
    cors: config.metadataCors,
  });
}

/** The feed of what was revoked, read and written: one view for all rooms of the gateway. */
async function openRevocations(store: Store, { clock, logger }: ServiceDeps) {
  const feed = () => store.openFeed(keys.revocations(), REVOCATION_KEEP_MS);
  const publisher = createRevocationPublisher({
    feed: feed(),
    clock,
    onFault: (err) => {
      logger.error({ err }, 'a revocation could not be published yet');
    },
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

function buildEndpoints(
  config: GatewayConfig,
  parts: ServiceDeps & {
    secrets: GatewaySecrets;
    store: Store;
    proxy: Proxy;
    findVerificationKey: FindVerificationKey;
    noteUse: (claims: AccessTokenClaims) => void;
    revocations: RevocationFeed;
  },
) {
  const { clock, events, proxy, findVerificationKey: findKey, revocations } = parts;
  const openCalls = createOpenCalls(revocations);
  const callsInFlight = createCallsInFlight({ ...config, bodyBytes: bodyBudget() });
  const stepUps = createStepUps({ ...parts, offered: config.githubOauthScopes });
  const signContext = createGatewayContextSigner({ secret: parts.secrets.gateKey, clock });
  return resourcesOf(config.publicUrl).map((resource) => {
    const rules = { issuer: config.publicUrl, audience: resource.identifier, findKey, clock };
    const handler = createMcpEndpoint({
      publicUrl: config.publicUrl,
      resource,
      baselineScopes: config.githubOauthBaselineScopes,
      origins: originRuleOf(config),
      cors: config.cors,
      maxBodyBytes: config.maxBodyBytes,
      verify: createAccessTokenVerifier({ ...rules, isRevoked: revocations.isRevoked }),
      signContext,
      proxy,
      openCalls,
      callsInFlight,
      noteUse: parts.noteUse,
      clock,
      stepUps,
      events,
    });
    return { resource, handler };
  });
}

/** Ours, those the operator listed, and what the mode adds to them. */
function originRuleOf(config: GatewayConfig): OriginRule {
  return {
    listed: [config.publicUrl, ...config.allowedOrigins],
    loopback: config.corsMode === 'development',
    domains: config.allowedDomains,
  };
}

/** The clients of CLIENTS_FILE as it is now: a list with a fault in it changes nothing. */
function followPreregisteredClients(config: GatewayConfig, secrets: GatewaySecrets) {
  const source = secretSource(config, 'preregisteredClients');
  let clients = parsePreregisteredClients(source?.text ?? '[]');
  if (source !== undefined) {
    secrets.follow(source, (text) => {
      clients = parsePreregisteredClients(text);
    });
  }
  return { get: (clientId: string) => clients.get(clientId) };
}

/**
 * The door for client ID metadata documents, whose URLs strangers choose. Behind a proxy the address that is
 * connected to is not ours to check, so only hosts that the operator named are served there.
 */
async function openClientDocuments(config: GatewayConfig, { logger }: ServiceDeps) {
  if (config.clientRegistration === 'off') {
    logger.warn(
      'CLIENT_REGISTRATION=off: grants of clients that registered themselves end at their next refresh',
    );
  }
  const allowedHosts = config.clientDocumentHosts;
  if (!config.clientDocuments) return undefined;
  if (config.clientRegistration === 'off' && allowedHosts === undefined) {
    logger.warn('CLIENT_REGISTRATION=off: client documents are off too, as CIMD_ALLOWED_HOSTS names no host');
    return undefined;
  }
  if (config.httpsProxy !== undefined && allowedHosts === undefined) {
    logger.warn('client documents are off: behind HTTPS_PROXY they need CIMD_ALLOWED_HOSTS');
    return undefined;
  }
  const publicOnly = { trustedHosts: allowedHosts ?? [] };
  const http = createOutgoingHttp({ ...config, userAgent: USER_AGENT, publicOnly });
  await proveAddressGuard(http);
  return { http, allowedHosts };
}

async function buildAuthorizationServer(
  config: GatewayConfig,
  deps: ServiceDeps & {
    secrets: GatewaySecrets;
    store: Store;
    http: OutgoingHttp;
    clientDocuments: AuthorizationServerDeps['clientDocuments'];
    revocations: AuthorizationServerDeps['revocations'];
  },
) {
  const { clock, logger, events, secrets, store, http, clientDocuments, revocations } = deps;
  return await createAuthorizationServer({
    publicUrl: config.publicUrl,
    resources: resourcesOf(config.publicUrl),
    metadataCors: config.metadataCors,
    scopes: {
      allowed: config.githubOauthScopes,
      baseline: config.githubOauthBaselineScopes,
      required: config.requiredScopes,
    },
    access: {
      requirement: { organizations: config.organizations, requireMfa: config.requireMfa },
      maxAgeSeconds: config.membershipMaxAgeSeconds,
    },
    webhookSecret: secrets.webhookSecret,
    ...clientRules(config),
    preregistered: followPreregisteredClients(config, secrets),
    clientDocuments,
    accessTokenTtlSeconds: config.accessTokenTtlSeconds,
    refreshTokenIdleSeconds: config.refreshTokenIdleTtlSeconds,
    refreshTokenMaxSeconds: config.refreshTokenMaxTtlSeconds,
    refreshTokenWindowSeconds: config.refreshTokenReuseWindowSeconds,
    longestCallSeconds: config.requestTimeoutSeconds,
    grantsPerClient: config.grantsPerClient,
    signingKeyMaxAgeSeconds: config.signingKeyMaxAgeSeconds,
    revocations,
    github: githubOf(config, { http, clock, readClientSecret: secrets.readClientSecret }),
    store,
    gatewayRing: secrets.gatewayRing,
    vaultRing: secrets.vaultRing,
    clock,
    events,
    onFault: (err, req) => {
      logger.error(
        { err, ...(req === undefined ? {} : { requestId: requestIdOf(req) }) },
        'a sign-in step failed',
      );
    },
  });
}

/** The GitHub app that people sign in with. */
function githubOf(
  config: GatewayConfig,
  { http, clock, readClientSecret }: { http: OutgoingHttp; clock: Clock; readClientSecret: () => string },
) {
  const { github: host, githubOauthClientId: clientId } = config;
  return {
    host,
    clientId,
    redirectUri: config.githubOauthRedirectUri,
    oauth: createGitHubOAuthClient({ host, clientId, readClientSecret, http, clock }),
    api: createGitHubApi({ host, http }),
  };
}

/** Who may be a client, and how much one address may ask for. */
function clientRules(config: GatewayConfig) {
  return {
    registration: config.clientRegistration,
    registrationRules: {
      schemes: config.clientRedirectSchemes,
      redirectList: config.clientRedirectAllowlist,
    },
    maxUnusedClients: config.maxUnusedClients,
    limits: {
      registrationsPerHour: config.registrationsPerHour,
      authorizationsPerMinute: config.authorizationsPerMinute,
      tokenRequestsPerMinute: config.tokenRequestsPerMinute,
    },
    supportContact: config.supportContact,
  };
}
