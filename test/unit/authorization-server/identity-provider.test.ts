import { describe, expect, it } from 'vitest';
import { createGitHubIdentityProvider } from '../../../gateway/authorization-server/login/identity-provider.ts';
import { GitHubOAuthError, parseGitHubHost } from '../../../shared/github/index.ts';
import { StoreUnavailableError } from '../../../shared/store/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';

describe('a GitHub token that is discarded', () => {
  it('is a fault told to the operator, and no failed sign-in, when GitHub and the store are both away', async () => {
    const away = new StoreUnavailableError('away');
    const faults: unknown[] = [];
    const provider = createGitHubIdentityProvider({
      host: parseGitHubHost('github.com'),
      oauth: {
        authorizationUrl: () => '',
        exchangeCode: async () => await Promise.reject(new Error('not asked')),
        deleteToken: async () => await Promise.reject(new GitHubOAuthError('unreachable', 'delete_token')),
      },
      api: { getUser: async () => await Promise.reject(new Error('not asked')) },
      redirectUri: 'http://localhost:3000/auth/callback',
      retirements: { add: async () => await Promise.reject(away) },
      clock: fakeClock(),
      onFault: (error) => void faults.push(error),
    });
    await provider.discard({ accessToken: 'gho_one' });
    expect(faults).toEqual([away]);
  });
});
