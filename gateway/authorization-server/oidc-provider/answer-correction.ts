import type { Context, Next } from './context.ts';
import { DEVICE_CODE_GRANT } from '../../clients/index.ts';
import { FIRST_INTERVAL_SECONDS } from '../token/device-codes.ts';
import type { ScopePolicy } from '../token/scopes.ts';

/** What oidc-provider always advertises and this server does not do: nobody gets an ID token here. */
const NOT_SERVED = ['claims_supported', 'claims_parameter_supported', 'acr_values_supported'];

/**
 * Corrects what oidc-provider made: the metadata document (RFC 8414 §2, served at both well-known paths) lists what
 * works and nothing else, a device authorization response says how often to poll (RFC 8628 §3.2).
 */
export function createAnswerCorrection(rules: {
  scopes: ScopePolicy;
  resources: readonly string[];
  clientDocuments: boolean;
  /** Whether pages of every origin may read the metadata; the library says so by itself. */
  cors: boolean;
}) {
  return async (ctx: Context, next: Next): Promise<void> => {
    await next();
    addInterval(ctx);
    if (ctx.oidc.route !== 'discovery' || typeof ctx.body !== 'object') return;
    const document = Object.fromEntries(
      Object.entries(ctx.body as Record<string, unknown>).filter(([name]) => !NOT_SERVED.includes(name)),
    );
    ctx.body = {
      ...document,
      scopes_supported: rules.scopes.allowed,
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token', DEVICE_CODE_GRANT],
      ...(rules.clientDocuments ? { client_id_metadata_document_supported: true } : {}),
      protected_resources: rules.resources,
      revocation_endpoint_auth_methods_supported: document['token_endpoint_auth_methods_supported'],
    };
    ctx.set('cache-control', 'public, max-age=300');
    if (!rules.cors) ctx.remove('access-control-allow-origin');
  };
}

function addInterval(ctx: Context): void {
  if (ctx.oidc.route !== 'device_authorization' || ctx.status !== 200) return;
  ctx.body = { ...(ctx.body as Record<string, unknown>), interval: FIRST_INTERVAL_SECONDS };
}
