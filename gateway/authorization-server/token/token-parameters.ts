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

/** The resources a request names (RFC 8707 §2): one, several, or none. */
export function resourceParameter(ctx: KoaContextWithOIDC): string | readonly string[] | undefined {
  const value = ctx.oidc.params?.['resource'];
  return typeof value === 'string' || Array.isArray(value)
    ? (value as string | readonly string[])
    : undefined;
}

/**
 * A token request may repeat the granted resource or leave it out (RFC 8707 §2.2).
 * @throws InvalidTarget for any other, before anything is consumed.
 */
export function requireSameResource(
  requested: string | readonly string[] | undefined,
  granted: string,
): void {
  if (requested !== undefined && requested !== granted) {
    throw new errors.InvalidTarget('the resource was not granted');
  }
}
