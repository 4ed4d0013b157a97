import { parseGitHubScopes } from '../../../shared/github/index.ts';
import type { EventBus } from '../../../shared/ops/index.ts';
import type { RevocationPublisher } from '../../../shared/revocation/index.ts';
import { refreshAnswerId } from '../../../shared/revocation/index.ts';
import type {
  Grants,
  PresentedRefreshToken,
  RefreshFamily,
  RefreshTokens,
  StoredGrant,
} from '../../grants/index.ts';
import type { GrantStanding, TokenIssue } from './issue-tokens.ts';
import type { RefreshReceipts } from './refresh-receipts.ts';
import {
  Refused,
  Unavailable,
  answerLate,
  judgeGeneration,
  parseRefreshToken,
  supersede,
  wasAnswerLost,
} from '../../grants/index.ts';
import type { GrantHandler, TokenRequest } from './token-request.ts';
import { requireParameter, requireSameResource, TokenError } from './token-request.ts';

/** Rounds of a compare-and-set race; each loser finds the winner's rotation and answers its successor. */
const MAX_ROUNDS = 20;
/** Characters of a scope list (RFC 6749 §3.3). */
const SCOPE_LIST = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/;

export interface RefreshTokenGrantDeps {
  readonly grants: Pick<Grants, 'find' | 'saveRefresh' | 'endReasonOf'>;
  readonly issue: Pick<TokenIssue, 'prepare' | 'afterRefresh' | 'endGrant'>;
  readonly refreshTokens: RefreshTokens;
  readonly receipts: Pick<RefreshReceipts, 'note' | 'received'>;
  readonly revocations: Pick<RevocationPublisher, 'publish'>;
  readonly events: EventBus;
  /** Scopes that clients may ask for here; what else they name is not ours to refuse. */
  readonly offeredScopes: readonly string[];
  readonly windowMs: number;
  readonly now: () => number;
}

/**
 * The refresh token grant (RFC 6749 §6) with rotation (RFC 9700 §4.14.2). Client, scope, resource, account and
 * upstream credential are checked before the generation moves. A token superseded within the window is answered
 * with its own same successor, whichever gateway is asked: clients refresh in parallel and lose responses. After the window
 * it is answered so only while the first answer may have been lost (`wasAnswerLost`), and the access tokens of that first
 * answer end.
 */
export function createRefreshTokenGrant(deps: RefreshTokenGrantDeps): GrantHandler {
  const { issue, refreshTokens, windowMs } = deps;
  return async (request) => {
    const presented = parseRefreshToken(requireParameter(request, 'refresh_token'));
    if (presented === undefined) throw new Refused('refresh_token_malformed');
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const { found, family } = await findFamily(deps, presented);
      const verdict = await checkRequest(request, presented, { found, family });
      const standing = await prepare(presented, { found, verdict });
      const at = { now: deps.now(), windowMs };
      const next = familyAfter(family, presented.generation, { verdict, at });
      if (next === family || (await deps.grants.saveRefresh(standing.grantId, found, next))) {
        if (verdict === 'lost') await endLostAnswer(deps, standing, family);
        return await answer(standing, next, presented.generation + 1);
      }
    }
    throw new Unavailable('refresh_rounds', 'a refresh kept losing to other refreshes of the same grant');
  };

  async function answer(standing: GrantStanding, family: RefreshFamily, generation: number) {
    const attempt = generation === family.generation ? family.attempt : 0;
    const successor = refreshTokens.format(family, standing.grantId, generation);
    return await issue.afterRefresh(standing, successor, { generation, attempt });
  }

  /** A current token that was shown has been received, also when its request comes to nothing. */
  async function prepare(
    presented: PresentedRefreshToken,
    { found, verdict }: { found: StoredGrant; verdict: Verdict },
  ): Promise<GrantStanding> {
    try {
      return await issue.prepare(presented.grantId, found);
    } catch (error) {
      if (verdict === 'current' && presented.generation > 0)
        await deps.receipts.note(presented.grantId, presented.generation);
      throw error;
    }
  }

  /** The one judgement of a round: time that passes afterwards must not turn a window's end into another rotation. */
  async function checkRequest(
    request: TokenRequest,
    presented: PresentedRefreshToken,
    of: FoundFamily,
  ): Promise<Verdict> {
    const { clientId, resource, scope } = of.found.data;
    if (clientId !== request.clientId) throw new Refused('refresh_token_of_another_client', presented);
    requireSameResource(request.resource, resource);
    requireNoWiderScope(request.parameters['scope'], { granted: scope, offered: deps.offeredScopes });
    const now = deps.now();
    const verdict = judgeGeneration(of.family, presented.generation, { now, windowMs });
    if (verdict !== 'reused') return verdict;
    const received = await deps.receipts.received(presented.grantId);
    if (wasAnswerLost(of.family, presented.generation, { now, received })) return 'lost';
    await issue.endGrant(presented.grantId, 'refresh_token_reused');
    throw new Refused('refresh_token_reused', presented);
  }
}

type Verdict = 'current' | 'recent' | 'lost';

/** The family once the answer is out; the same one where nothing moves. */
function familyAfter(
  family: RefreshFamily,
  generation: number,
  { verdict, at }: { verdict: Verdict; at: { now: number; windowMs: number } },
): RefreshFamily {
  if (verdict === 'recent') return family;
  return verdict === 'lost' ? answerLate(family, at.now) : supersede(family, generation, at);
}

/** An unauthentic token must not even learn whether its grant exists, nor end it. */
async function findFamily(
  { grants, refreshTokens }: Pick<RefreshTokenGrantDeps, 'grants' | 'refreshTokens'>,
  presented: PresentedRefreshToken,
): Promise<FoundFamily> {
  const found = await grants.find(presented.grantId);
  const family = found?.data.refresh;
  if (found === undefined) {
    const { grantId } = presented;
    throw new Refused('grant_ended', { grantId, ended: await grants.endReasonOf(grantId) });
  }
  if (family === undefined || family === null) throw new Refused('refresh_token_missing_family', presented);
  if (!refreshTokens.isAuthentic(family, presented)) throw new Refused('refresh_token_forged');
  return { found, family };
}

/** The access tokens of the answer that nobody received; the way it was lost may lead to somebody. */
async function endLostAnswer(
  deps: Pick<RefreshTokenGrantDeps, 'revocations' | 'events'>,
  { grantId, found }: GrantStanding,
  family: RefreshFamily,
): Promise<void> {
  const { generation, attempt } = family;
  await deps.revocations.publish({
    kind: 'refresh-answer',
    id: refreshAnswerId(grantId, generation, attempt),
  });
  const { clientId, sub: accountId } = found.data;
  deps.events.emit({ type: 'refresh.answered_late', grantId, clientId, accountId });
}

interface FoundFamily {
  readonly found: StoredGrant;
  readonly family: RefreshFamily;
}

/**
 * Narrower is ignored (the answer says the real scope), and so are names that nobody is offered here, as at `/authorize`;
 * wider is refused and burns nothing (RFC 6749 §6).
 */
function requireNoWiderScope(
  requested: string | undefined,
  { granted, offered }: { granted: readonly string[]; offered: readonly string[] },
): void {
  if (requested === undefined) return;
  if (!SCOPE_LIST.test(requested)) throw new TokenError('invalid_scope', 'scope contains invalid characters');
  const wider = parseGitHubScopes(requested).filter(
    (scope) => offered.includes(scope) && !granted.includes(scope),
  );
  if (wider.length > 0)
    throw new TokenError('invalid_scope', 'scope exceeds what was granted', wider.join(' '));
}
