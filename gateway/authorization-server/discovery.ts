import type { KoaContextWithOIDC } from 'oidc-provider';
import type { ScopePolicy } from './authorization-request.ts';

/** What oidc-provider always advertises and this server does not do: nobody gets an ID token here. */
const NOT_SERVED = ['claims_supported', 'claims_parameter_supported', 'acr_values_supported'];

/**
 * Corrects the metadata document (RFC 8414 §2, served at both well-known paths) after oidc-provider made it, so
 * that it lists what works and nothing else.
 */
export function createDiscoveryCorrection(rules: {
  scopes: ScopePolicy;
  resources: readonly string[];
  clientDocuments: boolean;
}) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    if (ctx.oidc.route !== 'discovery' || typeof ctx.body !== 'object') return;
    const document = Object.fromEntries(
      Object.entries(ctx.body as Record<string, unknown>).filter(([name]) => !NOT_SERVED.includes(name)),
    );
    ctx.body = {
      ...document,
      scopes_supported: rules.scopes.allowed,
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      ...(rules.clientDocuments ? { client_id_metadata_document_supported: true } : {}),
      protected_resources: rules.resources,
      revocation_endpoint_auth_methods_supported: document['token_endpoint_auth_methods_supported'],
    };
    ctx.set('cache-control', 'public, max-age=300');
  };
}
