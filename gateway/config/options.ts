import { secretSource } from '../../shared/config/index.ts';
import { connectionLimit } from '../../shared/listener/index.ts';
import type { OutgoingHttpOptions } from '../../shared/outgoing-http/index.ts';
import type { EdgeOptions } from '../../shared/process/index.ts';
import { USER_AGENT } from '../../shared/version.ts';
import { resourcesOf } from '../../shared/resources.ts';
import { parsePreregisteredClients } from '../authorization-server/index.ts';
import type {
  AuthorizationServerOptions,
  ClientOptions,
  DocumentRules,
  ScopePolicy,
} from '../authorization-server/index.ts';
import type { GrantLifetimes } from '../grants/index.ts';
import type { OriginRule } from '../http/index.ts';
import { addressGroup, createTrust, parseAddress } from '../http/index.ts';
import type { AddressLimits } from '../limits/index.ts';
import type { GatewayConfig } from './load-config.ts';
import type { GatewaySecrets } from './secrets.ts';

/** One address must not shut out all others; behind one office's or platform's address there are many people. */
const SHARE_OF_ONE_ADDRESS = 1 / 4;

/** The door to GitHub and other servers of the operator's choice. */
export function outgoingHttpOptions(config: GatewayConfig): OutgoingHttpOptions {
  const { httpsProxy, noProxy, extraCa } = config;
  return { httpsProxy, noProxy, extraCa, userAgent: USER_AGENT };
}

/** How the public listener treats connections and the form of requests. */
export function edgeOptions(config: GatewayConfig): EdgeOptions {
  const max = connectionLimit(config.maxConnections);
  const isTrusted = createTrust(config.trustedProxies);
  return {
    form: { authorities: [new URL(config.publicUrl).host], loopbackNamesOnly: false },
    keepAliveMs: config.keepAliveSeconds * 1000,
    connections: {
      max,
      maxPerAddress: Math.ceil(max * SHARE_OF_ONE_ADDRESS),
      groupOf: (peer) => (isTrusted(parseAddress(peer) ?? peer) ? undefined : addressGroup(peer)),
    },
  };
}

/** Ours, those the operator listed, and what the mode adds to them. */
export function originRule(config: GatewayConfig): OriginRule {
  return {
    listed: [config.publicUrl, ...config.allowedOrigins],
    loopback: config.corsMode === 'development',
    domains: config.allowedDomains,
  };
}

export function grantLifetimes(config: GatewayConfig): GrantLifetimes {
  return {
    idleMs: config.refreshTokenIdleTtlSeconds * 1000,
    absoluteMs: config.refreshTokenMaxTtlSeconds * 1000,
    perClient: config.grantsPerClient,
  };
}

/** How much one address may ask for. */
export function addressLimits(config: GatewayConfig): AddressLimits {
  const { registrationsPerHour, authorizationsPerMinute, tokenRequestsPerMinute } = config;
  return { registrationsPerHour, authorizationsPerMinute, tokenRequestsPerMinute };
}

export function scopePolicy(config: GatewayConfig): ScopePolicy {
  return {
    allowed: config.githubOauthScopes,
    baseline: config.githubOauthBaselineScopes,
    required: config.requiredScopes,
  };
}

/** Whether clients may be known by a document, and whose. */
export function documentRules(config: GatewayConfig): DocumentRules {
  return {
    registration: config.clientRegistration,
    enabled: config.clientDocuments,
    allowedHosts: config.clientDocumentHosts,
    isProxied: config.httpsProxy !== undefined,
  };
}

export function authorizationServerOptions(
  config: GatewayConfig,
  clients: ClientOptions,
): Omit<AuthorizationServerOptions, 'github'> {
  return {
    publicUrl: config.publicUrl,
    resources: resourcesOf(config.publicUrl),
    scopes: scopePolicy(config),
    metadataCors: config.metadataCors,
    clients,
    tokens: {
      accessTokenSeconds: config.accessTokenTtlSeconds,
      grantMs: config.refreshTokenMaxTtlSeconds * 1000,
      refreshWindowMs: config.refreshTokenReuseWindowSeconds * 1000,
    },
    signingKeyMaxAgeMs: config.signingKeyMaxAgeSeconds * 1000,
    supportContact: config.supportContact,
  };
}

/** Who may be a client. The list of CLIENTS_FILE is as the file is now: one with a fault in it changes nothing. */
export function clientOptions(
  config: GatewayConfig,
  secrets: Pick<GatewaySecrets, 'follow'>,
  areDocumentsOn: boolean,
): ClientOptions {
  const source = secretSource(config, 'preregisteredClients');
  let clients = parsePreregisteredClients(source?.text ?? '[]');
  if (source !== undefined) {
    secrets.follow(source, (text) => {
      clients = parsePreregisteredClients(text);
    });
  }
  return {
    registration: config.clientRegistration,
    registrationRules: {
      schemes: config.clientRedirectSchemes,
      redirectList: config.clientRedirectAllowlist,
    },
    maxUnused: config.maxUnusedClients,
    preregistered: { get: (clientId) => clients.get(clientId) },
    documents: areDocumentsOn ? { allowedHosts: config.clientDocumentHosts } : undefined,
  };
}
