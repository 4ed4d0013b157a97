import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';

/** @throws InvalidRequest naming the missing parameter (RFC 6749 §5.2). */
export function requireParameter(ctx: KoaContextWithOIDC, name: string): string {
  const value = ctx.oidc.params?.[name];
  if (typeof value !== 'string' || value === '') {
    throw new errors.InvalidRequest(`missing required parameter '${name}'`);
  }
  return value;
}

/**
 * A token request may repeat the granted resource or leave it out (RFC 8707 §2.2).
 * @throws InvalidTarget for any other, before anything is consumed.
 */
export function requireSameResource(ctx: KoaContextWithOIDC, granted: string): void {
  const requested = ctx.oidc.params?.['resource'];
  if (requested !== undefined && requested !== granted) {
    throw new errors.InvalidTarget('the resource was not granted');
  }
}
