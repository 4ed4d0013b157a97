import { Refused } from '../../grants/index.ts';
import type { AnyGrants } from '../../standing/index.ts';
import type { CodeRecord, Codes } from './codes.ts';
import { provesChallenge } from './pkce.ts';
import type { TokenIssue } from './issue-tokens.ts';
import { refuseReplay } from './refuse-replay.ts';
import { requireOwnNewGrant } from './require-own-new-grant.ts';
import type { TokenRequest, TokenResponse } from './token-request.ts';
import { requireParameter, requireSameResource, TokenError } from './token-request.ts';

/**
 * The authorization code grant (RFC 6749 §4.1.3, RFC 7636). Order is the point: every check that an honest
 * retry could pass comes before the code is consumed, so that a wrong request costs nothing.
 * Replaces oidc-provider's handler, which consumes the code before it has looked at account and resource.
 */
export function createAuthorizationCodeGrant(deps: {
  codes: Codes;
  grants: Pick<AnyGrants, 'find'>;
  issue: TokenIssue;
  now: () => number;
}) {
  return async (request: TokenRequest): Promise<TokenResponse> => {
    const code = requireParameter(request, 'code');
    const redirectUri = requireParameter(request, 'redirect_uri');
    const found = await deps.codes.find(code);
    if (found === undefined) throw new Refused('code_unknown');
    checkBinding(request, found.data, redirectUri);
    requireSameResource(request.resource, found.data.resource);
    const { consumedAt, grantId } = found.data;
    if (consumedAt !== null) await refuseReplay(deps.issue, deps.now, { consumedAt, grantId });
    if (found.data.expiresAt <= deps.now()) throw new Refused('code_expired');
    const grant = await deps.grants.find(grantId);
    if (grant === undefined) throw new Refused('grant_ended', { grantId });
    requireOwnNewGrant(grant.data, found.data.clientId);
    const standing = await deps.issue.prepare(grantId, grant);
    if (!(await deps.codes.consume(code, found))) throw new Refused('code_raced', { grantId });
    return await deps.issue.afterCode('authorization_code', request, standing);
  };
}

/** A presentation by another client or with a wrong verifier proves nothing and changes nothing. */
function checkBinding(request: TokenRequest, record: CodeRecord, redirectUri: string): void {
  if (record.clientId !== request.clientId) throw new Refused('code_of_another_client');
  if (record.redirectUri !== redirectUri) throw new Refused('code_of_another_redirect_uri');
  const verifier = request.parameters['code_verifier'];
  if (typeof verifier !== 'string') throw new Refused('code_verifier_missing');
  if (verifier.length > 128)
    throw new TokenError('invalid_request', 'code_verifier is longer than 128 characters');
  if (!provesChallenge(verifier, record.codeChallenge)) throw new Refused('code_verifier_wrong');
}
