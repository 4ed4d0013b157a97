import type { Resource } from '../../shared/resources.ts';
import { metadataUrl } from './protected-resource-metadata.ts';

export interface Challenge {
  /** The `WWW-Authenticate` value (RFC 6750 §3, RFC 9728 §5.1). */
  readonly header: string;
  readonly body: {
    readonly error: string;
    readonly error_description: string;
    readonly oauth_metadata: string;
  };
}

/**
 * The 401 of a resource. Without credentials it carries no `error` (RFC 6750 §3.1): nothing was wrong with a
 * token. `scope` names what a first token should ask for.
 */
export function challengeFor(
  of: { publicUrl: string; resource: Resource; scopes: readonly string[] },
  reason: 'no_token' | 'invalid_token',
): Challenge {
  const metadata = metadataUrl(of.publicUrl, of.resource);
  const error = reason === 'invalid_token' ? 'error="invalid_token", ' : '';
  const scope = of.scopes.length === 0 ? '' : `, scope="${of.scopes.join(' ')}"`;
  return {
    header: `Bearer ${error}resource_metadata="${metadata}"${scope}`,
    body: {
      error: reason === 'invalid_token' ? 'invalid_token' : 'unauthorized',
      error_description:
        reason === 'invalid_token'
          ? 'the access token is expired, revoked or not valid for this resource'
          : 'an access token is required',
      oauth_metadata: metadata,
    },
  };
}
