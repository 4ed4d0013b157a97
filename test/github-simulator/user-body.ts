import type { Bases } from './access.ts';
import type { ApiCaller } from './api-caller.ts';
import type { SimulatedUser } from './state.ts';
import { isGitHubAppToken } from './tokens.ts';

/** The members of a user that GitHub repeats in other objects. */
export function userSummary(
  user: Pick<SimulatedUser, 'login' | 'id'>,
  { api, web }: Bases,
): Record<string, unknown> {
  const url = `${api}/users/${user.login}`;
  return {
    login: user.login,
    id: user.id,
    node_id: Buffer.from(`04:User${String(user.id)}`).toString('base64'),
    avatar_url: `${web}/avatars/u/${String(user.id)}?v=4`,
    gravatar_id: '',
    url,
    html_url: `${web}/${user.login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: 'User',
    user_view_type: 'public',
    site_admin: false,
  };
}

/** `GET /user`; the private members need `read:user` or `user`, and a GitHub App always has them. */
export function userBody({ user, record }: ApiCaller, bases: Bases): Record<string, unknown> {
  const isPrivate =
    isGitHubAppToken(record) || record.scopes.some((scope) => scope === 'user' || scope === 'read:user');
  return {
    ...userSummary(user, bases),
    name: user.name,
    company: null,
    blog: '',
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 8,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: '2011-01-25T18:44:36Z',
    updated_at: '2026-01-01T00:00:00Z',
    ...(isPrivate
      ? {
          user_view_type: 'private',
          private_gists: 0,
          total_private_repos: 0,
          owned_private_repos: 0,
          disk_usage: 0,
          collaborators: 0,
          two_factor_authentication: user.twoFactorAuthentication,
        }
      : {}),
  };
}
