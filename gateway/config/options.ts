import type { OutgoingHttpOptions } from '../../shared/outgoing-http/index.ts';
import { resourcesOf } from '../../shared/resources.ts';
import { USER_AGENT } from '../../shared/version.ts';
import type {
  AuthorizationServerOptions,
  ClientOptions,
  ScopePolicy,
} from '../authorization-server/index.ts';
import type { GatewayConfig } from './load-config.ts';
import { tokenLifetimes } from './tokens.ts';

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
    tokens: tokenLifetimes(config),
    signingKeyMaxAgeMs: config.signingKeyMaxAgeSeconds * 1000,
    supportContact: config.supportContact,
  };
}
