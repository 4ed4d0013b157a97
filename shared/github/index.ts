export { GitHubApiError, createGitHubApi } from './api-client.ts';
export type {
  GitHubAnswered,
  GitHubApi,
  GitHubApiOptions,
  GitHubApiResponse,
  GitHubGetOptions,
  GitHubUser,
} from './api-client.ts';
export { GITHUB_FAILURE_CODES, classifyGitHubFailure } from './classify.ts';
export type { GitHubAnswer, GitHubFailure, GitHubFailureCode } from './classify.ts';
export { GitHubHostError, githubHostFromBases, parseGitHubHost } from './github-host.ts';
export type { GitHubHost, GitHubHostBases, GitHubHostKind, GitHubHostProblem } from './github-host.ts';
export type { GitHubConnection } from './github-connection.ts';
export type { GitHubTokenSet } from './oauth-answer.ts';
export { createGitHubOAuthClient } from './oauth-client.ts';
export type {
  GitHubAuthorizationRequest,
  GitHubCodeExchange,
  GitHubOAuthClient,
  GitHubOAuthClientOptions,
  GitHubTokenCheck,
} from './oauth-client.ts';
export { GitHubOAuthError, toGitHubOAuthErrorCode } from './oauth-error.ts';
export type { GitHubOAuthDisposition, GitHubOAuthErrorCode, GitHubOAuthOperation } from './oauth-error.ts';
export { readRate } from './rate.ts';
export type { GitHubRate } from './rate.ts';
export { coversGitHubScope, parseGitHubScopes } from './scopes.ts';
export { meaningOfGitHubScope } from './scope-meanings.ts';
