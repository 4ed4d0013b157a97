/** How long a sign-in at GitHub in this browser may stand in for a new one (ms). */
const GITHUB_LEG_FRESH_MS = 60 * 60_000;

/** What is known when the person has pressed "Continue". */
export interface AfterConsent {
  /** The browser's session, if any: who, and when that person last signed in at GitHub (ms). */
  readonly session: { readonly sub: string; readonly githubLegAt: number } | undefined;
  /** The request or the person asked for a new sign-in or for another account. */
  readonly wantsFreshLogin: boolean;
  readonly now: number;
}

/** `reuse` still needs a live credential with exactly the consented scopes; without one it becomes `github`. */
export type StepAfterConsent = 'github' | 'reuse';

/** Chooses the step after consent. Consent itself is never skipped, whatever the session says. */
export function stepAfterConsent({ session, wantsFreshLogin, now }: AfterConsent): StepAfterConsent {
  if (session === undefined || wantsFreshLogin) return 'github';
  return now - session.githubLegAt <= GITHUB_LEG_FRESH_MS ? 'reuse' : 'github';
}

/**
 * Chooses the step after GitHub: a person who is not the one the consent page named decides again, knowing who
 * they are (a second tab or GitHub's account switcher may have changed the account in between).
 */
export function stepAfterGitHub(of: {
  shownSub: string | undefined;
  arrivedSub: string;
}): 'finish' | 'consent_again' {
  return of.shownSub === undefined || of.shownSub === of.arrivedSub ? 'finish' : 'consent_again';
}
