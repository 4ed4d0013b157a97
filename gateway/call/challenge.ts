import type { Resource } from '../../shared/resources.ts';
import { metadataUrl } from './metadata.ts';

export interface Challenge {
  /** The `WWW-Authenticate` value (RFC 6750 §3, RFC 9728 §5.1). */
  readonly header: string;
  readonly body: {
    readonly error: string;
    readonly error_description: string;
    readonly oauth_metadata: string;
  };
}

type ChallengeReason = 'no_token' | 'invalid_token' | 'insufficient_scope';

const DESCRIPTIONS: Readonly<Record<ChallengeReason, string>> = {
  no_token: 'an access token is required',
  invalid_token: 'the access token is expired, revoked or not valid for this resource',
  insufficient_scope: 'the call needs more scope than the access token has',
};

/**
 * The 401 of a resource, and its 403 for a token with too little scope. Without credentials it carries no `error` (RFC 6750 §3.1): nothing was wrong with a
 * token. `scope` names what the next token should ask for.
 */
export function challengeFor(
  of: { publicUrl: string; resource: Resource; scopes: readonly string[] },
  reason: ChallengeReason,
): Challenge {
  const metadata = metadataUrl(of.publicUrl, of.resource);
  const error = reason === 'no_token' ? '' : `error="${reason}", `;
  const scope = of.scopes.length === 0 ? '' : `, scope="${of.scopes.join(' ')}"`;
  return {
    header: `Bearer ${error}resource_metadata="${metadata}"${scope}`,
    body: {
      error: reason === 'no_token' ? 'unauthorized' : reason,
      error_description: DESCRIPTIONS[reason],
      oauth_metadata: metadata,
    },
  };
}
