import { errors } from 'oidc-provider';
import { parseGitHubScopes } from '../../../shared/github/index.ts';
import type { StoredGrant } from '../grants/grant.ts';
import type { Grants } from '../grants/grants.ts';
import { invalidGrant, temporarilyUnavailable } from '../protocol-error.ts';
import type { GrantStanding, TokenIssue, TokenResponse } from './issue-tokens.ts';
import type { PresentedRefreshToken, RefreshFamily } from './refresh-token.ts';
import { judgeGeneration, parseRefreshToken, supersede } from './refresh-token.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import { requireSameResource } from './token-parameters.ts';

/** Rounds of a compare-and-set race; each loser finds the winner's rotation and answers its successor. */
const MAX_ROUNDS = 20;

/** A refresh request (RFC 6749 §6, RFC 8707 §2.2) of a client that has proved who it is. */
export interface RefreshRequest {
  readonly clientId: string;
  readonly refreshToken: string;
  readonly scope: string | undefined;
  /** Several when the parameter was repeated. */
  readonly resource: string | readonly string[] | undefined;
}

export type RefreshTokenGrant = (request: RefreshRequest) => Promise<TokenResponse>;

/**
 * The refresh token grant (RFC 6749 §6) with rotation (RFC 9700 §4.14.2). Client, scope, resource, account and
 * upstream credential are checked before the generation moves. A token superseded within the window is answered
 * with its own same successor, whichever gateway is asked: clients refresh in parallel and lose responses.
 */
export function createRefreshTokenGrant(deps: {
  grants: Grants;
  issue: TokenIssue;
  refreshTokens: RefreshTokens;
  windowMs: number;
  now: () => number;
}): RefreshTokenGrant {
  const { issue, refreshTokens, windowMs } = deps;
  return async (request) => {
    const presented = parseRefreshToken(request.refreshToken);
    if (presented === undefined) throw invalidGrant('refresh token malformed');
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const { found, family } = await findFamily(presented);
      const verdict = await checkRequest(request, presented, { found, family });
      const standing = await issue.prepare(presented.grantId, found);
      if (verdict === 'recent' || (await rotate(standing, family, presented.generation))) {
        const successor = refreshTokens.format(family, presented.grantId, presented.generation + 1);
        return await issue.afterRefresh(standing, successor);
      }
    }
    throw temporarilyUnavailable('a refresh kept losing to other refreshes of the same grant');
  };

  /** An unauthentic token must not even learn whether its grant exists, nor end it. */
  async function findFamily(presented: PresentedRefreshToken): Promise<FoundFamily> {
    const found = await deps.grants.find(presented.grantId);
    const family = found?.data.refresh;
    if (found === undefined || family === undefined || family === null)
      throw invalidGrant('refresh token not found');
    if (!refreshTokens.isAuthentic(family, presented)) throw invalidGrant('refresh token not authentic');
    return { found, family };
  }

  /** The one judgement of a round: time that passes afterwards must not turn a window's end into another rotation. */
  async function checkRequest(request: RefreshRequest, presented: PresentedRefreshToken, of: FoundFamily) {
    const { clientId, resource, scope } = of.found.data;
    if (clientId !== request.clientId) throw invalidGrant('client mismatch');
    requireSameResource(request.resource, resource);
    requireNoWiderScope(request.scope, scope);
    const verdict = judgeGeneration(of.family, presented.generation, { now: deps.now(), windowMs });
    if (verdict !== 'reused') return verdict;
    await issue.endGrant(presented.grantId, 'refresh_token_reused');
    throw invalidGrant('refresh token already used');
  }

  async function rotate(
    standing: GrantStanding,
    family: RefreshFamily,
    generation: number,
  ): Promise<boolean> {
    const next = supersede(family, generation, { now: deps.now(), windowMs });
    return await deps.grants.saveRefresh(standing.grantId, standing.found, next);
  }
}

interface FoundFamily {
  readonly found: StoredGrant;
  readonly family: RefreshFamily;
}

/** Narrower is ignored (the answer says the real scope); wider is refused and burns nothing (RFC 6749 §6). */
function requireNoWiderScope(requested: string | undefined, granted: readonly string[]): void {
  if (requested === undefined) return;
  const wider = parseGitHubScopes(requested).filter((scope) => !granted.includes(scope));
  if (wider.length > 0) throw new errors.InvalidScope('scope exceeds what was granted', wider.join(' '));
}
