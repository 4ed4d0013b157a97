import { describe, expect, it } from 'vitest';
import type { GitHubApi } from '../../../shared/github/index.ts';
import { GitHubApiError, parseGitHubHost } from '../../../shared/github/index.ts';
import type { CredentialReading } from '../../../shared/vault/index.ts';
import { createCallGitHub } from '../../../worker/call-github.ts';

const claims = {
  ...{ iss: 'i', sub: 's', aud: 'a', client_id: 'c', jti: 'j', iat: 0, exp: 1, gid: 'grant-1' },
  ...{ cred: 'handle', cv: 1, scope: '' },
};

/** A GitHub that takes one token only, and a vault that holds another or the same. */
function setUp({ accepted, stored }: { accepted: string; stored: CredentialReading }) {
  const reported: string[] = [];
  const asked: string[] = [];
  const user = { id: 1, login: 'octocat', name: null, twoFactorAuthentication: null, scopes: [], rate: null };
  const github: GitHubApi = {
    host: parseGitHubHost('github.com'),
    get: async (token) => {
      asked.push(token);
      return { status: token === accepted ? 200 : 401, headers: {}, json: undefined, body: Buffer.of() };
    },
    getUser: async (token) => {
      asked.push(token);
      if (token !== accepted) throw new GitHubApiError({ code: 'auth_revoked' });
      return user;
    },
  };
  const callGitHub = createCallGitHub(
    {
      github,
      credentials: { read: () => Promise.resolve(stored) },
      reportRefusal: (grantId) => Promise.resolve(void reported.push(grantId)),
    },
    claims,
  );
  return { callGitHub, reported, asked };
}

const live = (accessToken: string): CredentialReading => ({ ok: true, accessToken, scopes: [], version: 2 });

/** GitHub ends the old access token at the moment of a refresh; design §6. */
describe('a 401 from GitHub', () => {
  it('for a token that was refreshed meanwhile is tried again with the new one and reported to nobody', async () => {
    const { callGitHub, reported, asked } = setUp({ accepted: 'new', stored: live('new') });
    expect((await callGitHub.get('old', ['user'])).status).toBe(200);
    expect((await callGitHub.getUser('old')).login).toBe('octocat');
    expect(asked).toEqual(['old', 'new', 'old', 'new']);
    expect(reported).toEqual([]);
  });

  it('for the current token is reported for its grant and not tried again', async () => {
    const { callGitHub, reported, asked } = setUp({ accepted: 'none', stored: live('old') });
    expect((await callGitHub.get('old', ['user'])).status).toBe(401);
    await expect(callGitHub.getUser('old')).rejects.toThrow('auth_revoked');
    expect(asked).toEqual(['old', 'old']);
    expect(reported).toEqual(['grant-1', 'grant-1']);
  });

  it('for the refreshed token as well is reported', async () => {
    const { callGitHub, reported } = setUp({ accepted: 'none', stored: live('new') });
    expect((await callGitHub.get('old', ['user'])).status).toBe(401);
    expect(reported).toEqual(['grant-1']);
  });
});
