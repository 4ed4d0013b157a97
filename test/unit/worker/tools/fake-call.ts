import type { GitHubApi, GitHubApiResponse } from '../../../../shared/github/index.ts';
import { parseGitHubHost } from '../../../../shared/github/index.ts';
import type { CallContext } from '../../../../worker/call/call-context.ts';

export type Answer = Partial<Omit<GitHubApiResponse, 'body'>> & { readonly body?: string };

/** A call whose GitHub answers from a function of the path; `asked` collects the paths. */
export function fakeCall(
  answers: (path: string) => Answer,
  { granted = 'read:user', held = ['read:user'] }: { granted?: string; held?: readonly string[] } = {},
): { call: CallContext; asked: string[] } {
  const asked: string[] = [];
  const github: GitHubApi = {
    host: parseGitHubHost('github.com'),
    get: async (_token, path) => {
      asked.push(path.join('/'));
      const { body = '', ...answer } = answers(path.join('/'));
      return { status: 200, headers: {}, json: undefined, body: Buffer.from(body), ...answer };
    },
    getUser: () => {
      throw new Error('not asked for here');
    },
  };
  const claims = {
    ...{ iss: 'i', sub: 's', aud: 'a', client_id: 'c', jti: 'j', iat: 0, exp: 1, gid: 'g' },
    ...{ cred: 'h', cv: 1, scope: granted },
  };
  return {
    asked,
    call: {
      claims,
      admitted: { gid: 'g', tools: ['*'] },
      askForScopes: () => false,
      credential: { accessToken: 'gho_x', scopes: held },
      githubHost: 'github.com',
      github,
      onFault: (error) => {
        throw error;
      },
    },
  };
}
