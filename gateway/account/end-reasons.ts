import type { GrantEnd } from '../grants/index.ts';

/** Why a grant ended, as its person reads it. */
export const END_REASONS: Readonly<Record<GrantEnd, string>> = {
  revoked_by_client: 'the application signed out',
  revoked_by_person: 'you ended it here',
  revoked_by_operator: 'an operator of this gateway ended it',
  revoked_at_github: 'it was revoked at GitHub',
  access_denied_by_policy: 'the rules of this gateway no longer allow it',
  code_replayed: 'its sign-in code was used twice, so somebody may have copied it',
  code_not_redeemed: 'the application never finished signing in',
  refresh_token_reused: 'an old refresh token was used again, so somebody may have copied it',
  client_not_allowed: 'this gateway no longer allows the application',
  credential_gone: 'GitHub no longer accepted the token behind it',
  too_many_grants: 'the same application signed in more often than is kept',
  idle: 'it was not used for too long',
  max_age: 'it reached its greatest age',
};
