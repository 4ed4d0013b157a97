import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { Grants } from '../grants/grants.ts';
import { invalidGrant } from '../protocol-error.ts';
import type { CodeRecord, Codes } from './codes.ts';
import { provesChallenge } from './pkce.ts';
import type { TokenIssue } from './issue-tokens.ts';
import { refuseReplay } from './refuse-replay.ts';
import { requireOwnNewGrant } from './require-own-new-grant.ts';
import { requireParameter, requireSameResource, resourceParameter } from './token-parameters.ts';

/**
 * The authorization code grant (RFC 6749 §4.1.3, RFC 7636). Order is the point: every check that an honest
 * retry could pass comes before the code is consumed, so that a wrong request costs nothing.
 * Replaces oidc-provider's handler, which consumes the code before it has looked at account and resource.
 */
export function createAuthorizationCodeGrant(deps: {
  codes: Codes;
  grants: Grants;
  issue: TokenIssue;
  now: () => number;
}) {
  return async (ctx: KoaContextWithOIDC): Promise<void> => {
    const code = requireParameter(ctx, 'code');
    const redirectUri = requireParameter(ctx, 'redirect_uri');
    const found = await deps.codes.find(code);
    if (found === undefined) throw invalidGrant('authorization code not found');
    checkBinding(ctx, found.data, redirectUri);
    requireSameResource(resourceParameter(ctx), found.data.resource);
    const { consumedAt, grantId } = found.data;
    if (consumedAt !== null) await refuseReplay(deps.issue, deps.now, { consumedAt, grantId });
    if (found.data.expiresAt <= deps.now()) throw invalidGrant('authorization code is expired');
    const grant = await deps.grants.find(grantId);
    if (grant === undefined) throw invalidGrant('grant not found');
    requireOwnNewGrant(grant.data, found.data.clientId);
    const standing = await deps.issue.prepare(grantId, grant);
    if (!(await deps.codes.consume(code, found)))
      throw invalidGrant('authorization code redeemed in parallel');
    ctx.body = await deps.issue.afterCode(ctx, standing);
  };
}

/** A presentation by another client or with a wrong verifier proves nothing and changes nothing. */
function checkBinding(ctx: KoaContextWithOIDC, record: CodeRecord, redirectUri: string): void {
  if (record.clientId !== ctx.oidc.client?.clientId) throw invalidGrant('client mismatch');
  if (record.redirectUri !== redirectUri) throw invalidGrant('redirect_uri mismatch');
  const verifier = ctx.oidc.params?.['code_verifier'];
  if (typeof verifier !== 'string') throw invalidGrant('code_verifier missing');
  if (verifier.length > 128) throw new errors.InvalidRequest('code_verifier is longer than 128 characters');
  if (!provesChallenge(verifier, record.codeChallenge)) throw invalidGrant('PKCE verification failed');
}
