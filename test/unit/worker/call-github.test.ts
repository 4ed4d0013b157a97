import { describe, expect, it } from 'vitest';
import type { GitHubApi } from '../../../shared/github/index.ts';
import { classifyGitHubFailure, GitHubApiError, parseGitHubHost } from '../../../shared/github/index.ts';
import type { CredentialReading } from '../../../shared/vault/index.ts';
import { createCallGitHub } from '../../../worker/github/call-github.ts';

const claims = {
  ...{ iss: 'i', sub: 's', aud: 'a', client_id: 'c', jti: 'j', iat: 0, exp: 1, gid: 'grant-1' },
  ...{ cred: 'handle', cv: 1, scope: '' },
};

/** A GitHub that takes one token only, and a vault that holds another or the same. */
function setUp(of: {
  accepted: string;
  stored: CredentialReading;
  refusal?: { status: number; message: string };
}) {
  const { accepted, stored, refusal = { status: 401, message: 'Bad credentials' } } = of;
  const host = parseGitHubHost('github.com');
  const refused = { status: refusal.status, headers: {}, json: { message: refusal.message } };
  const reported: string[] = [];
  const asked: string[] = [];
  const user = { id: 1, login: 'octocat', name: null, twoFactorAuthentication: null, scopes: [], rate: null };
  const github: GitHubApi = {
    host,
    get: async (token) => {
      asked.push(token);
      const answer = token === accepted ? { status: 200, headers: {}, json: undefined } : refused;
      return { ...answer, body: Buffer.of() };
    },
    getUser: async (token) => {
      asked.push(token);
      if (token !== accepted) throw new GitHubApiError(classifyGitHubFailure(refused, host));
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

/** GitHub ends the old access token at the moment of a refresh. */
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

describe('an answer that calls the account suspended', () => {
  it.each([401, 403])('is reported for its grant, as %i', async (status) => {
    const refusal = { status, message: 'Sorry. Your account was suspended' };
    const { callGitHub, reported } = setUp({ accepted: 'none', stored: live('old'), refusal });
    expect((await callGitHub.get('old', ['user'])).status).toBe(status);
    await expect(callGitHub.getUser('old')).rejects.toThrow('suspended');
    expect(reported).toEqual(['grant-1', 'grant-1']);
  });
});

describe('an answer that is about what was asked for', () => {
  it.each([
    [403, 'Resource not accessible by integration'],
    [403, 'This installation has been suspended'],
    [404, 'Not Found'],
    [429, 'You have exceeded a secondary rate limit.'],
  ])('is reported to nobody: %i %s', async (status, message) => {
    const refusal = { status, message };
    const { callGitHub, reported } = setUp({ accepted: 'none', stored: live('old'), refusal });
    expect((await callGitHub.get('old', ['repos'])).status).toBe(status);
    await expect(callGitHub.getUser('old')).rejects.toThrow(GitHubApiError);
    expect(reported).toEqual([]);
  });
});
