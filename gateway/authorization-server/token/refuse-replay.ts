import { Refused } from '../../grants/index.ts';
import type { TokenIssue } from './issue-tokens.ts';

/** Losers of a parallel redemption within this time do not end the grant (ms); later replays do. */
const PARALLEL_WINDOW_MS = 5_000;

/**
 * Answers a code that was used before. Later than a parallel request could be, somebody else holds a copy of the code:
 * what was issued for it ends (RFC 6749 §4.1.2).
 * @throws Refused always
 */
export async function refuseReplay(
  issue: Pick<TokenIssue, 'endGrant'>,
  now: () => number,
  used: { consumedAt: number; grantId: string },
): Promise<never> {
  const isParallel = now() - used.consumedAt <= PARALLEL_WINDOW_MS;
  if (!isParallel) await issue.endGrant(used.grantId, 'code_replayed');
  throw new Refused(isParallel ? 'code_raced' : 'code_replayed', { grantId: used.grantId });
}
