import type { GitHubApi } from './api-client.ts';
import type { GitHubHost } from './github-host.ts';
import type { GitHubOAuthClient } from './oauth-client.ts';

/** One GitHub host with the app that people sign in with there. */
export interface GitHubConnection {
  readonly host: GitHubHost;
  /** The app's client id: credentials of different apps are never mixed. */
  readonly app: string;
  readonly redirectUri: string;
  readonly oauth: GitHubOAuthClient;
  readonly api: GitHubApi;
}
