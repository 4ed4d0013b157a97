import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import {
  createGitHubOAuthClient,
  GitHubOAuthError,
  githubHostFromBases,
} from '../../../shared/github/index.ts';
import type { GitHubOAuthClient, GitHubOAuthClientOptions } from '../../../shared/github/index.ts';
import { createOutgoingHttp } from '../../../shared/outgoing-http/index.ts';
import { DEMO_OAUTH_APP, startGitHubSimulator } from '../../github-simulator/index.ts';
import type { FaultInput, GitHubSimulator } from '../../github-simulator/index.ts';

export const REDIRECT_URI = 'http://localhost:3000/auth/callback';
export const VERIFIER = 'v'.repeat(64);
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
export const START = Date.UTC(2026, 10, 23);

const http = createOutgoingHttp({ userAgent: 'octocode-test/1' });
export let simulator: GitHubSimulator;

beforeAll(async () => {
  simulator = await startGitHubSimulator({ clock: { now: () => START } });
});
beforeEach(() => {
  simulator.reset();
  simulator.autoApprove({ login: 'octocat' });
});
afterAll(async () => {
  await http.close();
  await simulator.close();
});

export function createClient(options: Partial<GitHubOAuthClientOptions> = {}): GitHubOAuthClient {
  const { clientId, clientSecret } = DEMO_OAUTH_APP;
  const host = githubHostFromBases(simulator);
  const readClientSecret = () => clientSecret;
  return createGitHubOAuthClient({
    host,
    clientId,
    readClientSecret,
    http,
    clock: simulator.clock,
    ...options,
  });
}

export async function authorize(
  client: GitHubOAuthClient,
  scopes: string[] | null,
): Promise<URLSearchParams> {
  const url = client.authorizationUrl({
    state: 's',
    redirectUri: REDIRECT_URI,
    scopes,
    codeChallenge: CHALLENGE,
  });
  const answer = await fetch(url, { redirect: 'manual' });
  return new URL(answer.headers.get('location') ?? '').searchParams;
}

export const exchange = (client: GitHubOAuthClient, code: string) =>
  client.exchangeCode({ code, redirectUri: REDIRECT_URI, codeVerifier: VERIFIER });

export async function signIn(client = createClient(), scopes: string[] | null = ['repo', 'read:user']) {
  return exchange(client, (await authorize(client, scopes)).get('code') ?? '');
}

export const failureOf = async (promise: Promise<unknown>): Promise<GitHubOAuthError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof GitHubOAuthError)) throw new Error('no GitHubOAuthError', { cause: error });
  return error;
};

export const tokenFault = (fault: object): void => {
  const match = { pathPrefix: '/login/oauth/access_token' };
  simulator.setFaults([{ match, ...fault } as FaultInput]);
};

export const answerWith = (body: unknown, status = 200): void => {
  const headers = { 'content-type': 'application/json' };
  tokenFault({
    action: 'body',
    status,
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
};
