import type { OutgoingHttpOptions } from '../../shared/outgoing-http/index.ts';
import { USER_AGENT } from '../../shared/version.ts';
import type { ClientOptions } from '../clients/index.ts';
import type { AuthorizationServerOptions, ScopePolicy } from '../authorization-server/index.ts';
import type { GatewayConfig } from './load-config.ts';
import type { PeopleOptions } from '../standing/index.ts';
import type { GatewaySecrets } from './secrets.ts';
import { grantLifetimes, tokenLifetimes } from './tokens.ts';

/** The door to GitHub and other servers of the operator's choice. */
export function outgoingHttpOptions(config: GatewayConfig): OutgoingHttpOptions {
  const { httpsProxy, noProxy, extraCa } = config;
  return { httpsProxy, noProxy, extraCa, userAgent: USER_AGENT };
}

export function scopePolicy(config: GatewayConfig): ScopePolicy {
  return {
    allowed: config.githubOauthScopes,
    baseline: config.githubOauthBaselineScopes,
    required: config.requiredScopes,
  };
}

/** What is asked of people, whichever GitHub they are of. */
export function peopleOptions(
  config: GatewayConfig,
  { vaultRing, webhookSecret }: GatewaySecrets,
): PeopleOptions {
  const { organizations, requireMfa } = config;
  const longestCallMs = config.requestTimeoutSeconds * 1000;
  return {
    vaultRing,
    webhookSecret,
    grantLifetimes: grantLifetimes(config),
    longestCallMs,
    requirement: { organizations, requireMfa },
    membershipMaxAgeMs: config.membershipMaxAgeSeconds * 1000,
    neededMs: config.accessTokenTtlSeconds * 1000 + longestCallMs,
  };
}

export function authorizationServerOptions(
  config: GatewayConfig,
  clients: ClientOptions,
): Omit<AuthorizationServerOptions, 'resources'> {
  return {
    publicUrl: config.publicUrl,
    scopes: scopePolicy(config),
    metadataCors: config.metadataCors,
    clients,
    tokens: tokenLifetimes(config),
    signingKeyMaxAgeMs: config.signingKeyMaxAgeSeconds * 1000,
    supportContact: config.supportContact,
  };
}
