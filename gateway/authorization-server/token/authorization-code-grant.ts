import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { Grants } from '../grants/grants.ts';
import { invalidGrant } from '../protocol-error.ts';
import type { CodeRecord, Codes } from './codes.ts';
import { provesChallenge } from './pkce.ts';
import type { TokenIssue } from './issue-tokens.ts';
import { requireParameter, requireSameResource } from './token-parameters.ts';

/** Losers of a parallel redemption within this time do not end the grant (ms); later replays do. */
const PARALLEL_WINDOW_MS = 5_000;

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
    requireSameResource(ctx, found.data.resource);
    if (found.data.consumedAt !== null) await refuseReplay(found.data);
    if (found.data.expiresAt <= deps.now()) throw invalidGrant('authorization code is expired');
    const grant = await deps.grants.find(found.data.grantId);
    if (grant === undefined) throw invalidGrant('grant not found');
    const standing = await deps.issue.prepare(found.data.grantId, grant);
    if (!(await deps.codes.consume(code, found)))
      throw invalidGrant('authorization code redeemed in parallel');
    ctx.body = await deps.issue.afterCode(ctx, standing);
  };

  async function refuseReplay(record: CodeRecord): Promise<never> {
    const isParallel = deps.now() - (record.consumedAt ?? 0) <= PARALLEL_WINDOW_MS;
    // RFC 6749 §4.1.2: somebody else holds a copy of the code; what was issued for it must end.
    if (!isParallel) await deps.issue.endGrant(record.grantId, 'code_replayed');
    throw invalidGrant(
      isParallel ? 'authorization code redeemed in parallel' : 'authorization code already redeemed',
    );
  }
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
