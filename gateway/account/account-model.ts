import { meaningOfGitHubScope } from '../../shared/github/index.ts';
import type { AccountModel, ConnectedApplication, EndedGrant } from '../pages/index.ts';
import type { ListedGrant } from '../grants/index.ts';
import { expiryReason, isLive, TOMBSTONE_MS } from '../grants/index.ts';
import { ROUTES } from '../http/index.ts';
import type { AccountForms } from './account-form.ts';
import type { AccountSession } from './account-session.ts';
import { END_REASONS } from './end-reasons.ts';

/** Ended grants that are shown; what is older is only counted. */
const MOST_PAST = 100;

/** The page of a person: what may act for them now, and what may no longer and why. */
export function accountModel(
  { session, listed, now }: { session: AccountSession; listed: readonly ListedGrant[]; now: number },
  { forms, githubHost }: { forms: AccountForms; githubHost: string },
): Omit<AccountModel, 'notice' | 'githubSettings'> {
  const past = listed
    .flatMap(({ grant }) => endedGrant(grant, now))
    .filter(({ endedAt }) => now - endedAt < TOMBSTONE_MS)
    .sort((left, right) => right.endedAt - left.endedAt);
  return {
    login: session.login,
    githubHost,
    now,
    applications: applicationsOf({ session, listed, now }, forms),
    past: past.slice(0, MOST_PAST),
    pastNotShown: Math.max(0, past.length - MOST_PAST),
    signOut: { action: ROUTES.accountSignOut, csrfToken: forms.tokenOf(session, 'sign-out') },
    revokeAllPath: ROUTES.accountRevokeAll,
    disconnectPath: ROUTES.accountDisconnect,
  };
}

/** Live grants by client; the client with the newest grant comes first and is named as it was named then. */
function applicationsOf(
  { session, listed, now }: { session: AccountSession; listed: readonly ListedGrant[]; now: number },
  forms: AccountForms,
): readonly ConnectedApplication[] {
  const live = listed.filter(({ grant }) => isLive(grant, now));
  const byClient = Map.groupBy(live, ({ grant }) => grant.clientId);
  return [...byClient].map(([id, grants]) => ({
    id,
    name: grants[0]?.grant.clientName ?? undefined,
    grants: grants.map(({ grantId, grant }) => ({
      scopes: grant.scope.map((name) => ({ name, meaning: meaningOfGitHubScope(name) })),
      resource: grant.resource,
      createdAt: grant.createdAt,
      usedAt: grant.usedAt,
      endsAt: Math.min(grant.idleEndsAt, grant.endsAt),
      answeredLateAt: grant.refresh?.lateAnswers ?? [],
      isExtendable: grant.idleEndsAt < grant.endsAt,
      revoke: {
        action: ROUTES.accountRevoke,
        csrfToken: forms.tokenOf(session, 'revoke', grantId),
        grantId,
      },
    })),
  }));
}

/** A grant that is over, also one that time has ended and the sweep has not come to yet. */
function endedGrant(grant: ListedGrant['grant'], now: number): readonly EndedGrant[] {
  if (isLive(grant, now)) return [];
  const ended = grant.ended ?? {
    reason: expiryReason(grant, now),
    at: Math.min(grant.idleEndsAt, grant.endsAt),
  };
  return [
    {
      id: grant.clientId,
      name: grant.clientName ?? undefined,
      createdAt: grant.createdAt,
      usedAt: grant.usedAt,
      endedAt: ended.at,
      reason: END_REASONS[ended.reason],
    },
  ];
}
