import { createHash } from 'node:crypto';
import { DEMO_OAUTH_APP, startGitHubSimulator } from '../../github-simulator/index.ts';
import type { GitHubSimulator, GitHubSimulatorOptions } from '../../github-simulator/index.ts';

export const REDIRECT_URI = 'http://localhost:3000/auth/callback';
export const VERIFIER = 'v'.repeat(64);
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
export const START = Date.UTC(2026, 10, 23);

/** A simulator whose base clock stands still. */
export const startStill = (options: GitHubSimulatorOptions = {}): Promise<GitHubSimulator> =>
  startGitHubSimulator({ clock: { now: () => START }, ...options });

export type Parameters = Readonly<Record<string, string>>;

/** Asks for the authorization page. `undefined` leaves a default parameter out. */
export function authorize(
  simulator: GitHubSimulator,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<Response> {
  const url = new URL(`${simulator.webBase}/login/oauth/authorize`);
  const parameters: Readonly<Record<string, string | undefined>> = {
    client_id: DEMO_OAUTH_APP.clientId,
    redirect_uri: REDIRECT_URI,
    state: 's',
    scope: 'repo',
    ...changes,
  };
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return fetch(url, { redirect: 'manual' });
}

export function locationOf(response: Response): URL {
  return new URL(response.headers.get('location') ?? 'missing:');
}

/** Signs octocat in without a page and returns the code. */
export async function codeFor(
  simulator: GitHubSimulator,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<string> {
  simulator.autoApprove({ login: 'octocat' });
  return locationOf(await authorize(simulator, changes)).searchParams.get('code') ?? '';
}

/** Calls the token endpoint with the demo app's credentials. */
export function postToken(
  simulator: GitHubSimulator,
  changes: Parameters,
  headers: Parameters = { accept: 'application/json' },
): Promise<Response> {
  const { clientId, clientSecret } = DEMO_OAUTH_APP;
  return fetch(`${simulator.webBase}/login/oauth/access_token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uri: REDIRECT_URI,
      ...changes,
    }),
  });
}

export type Json = Readonly<Record<string, unknown>>;

export async function jsonOf(response: Response | Promise<Response>): Promise<Json> {
  return (await (await response).json()) as Json;
}

/** The members of a whole sign-in's token answer. */
export async function signIn(
  simulator: GitHubSimulator,
  changes: Readonly<Record<string, string | undefined>> = {},
  token: Parameters = {},
): Promise<Json> {
  return jsonOf(postToken(simulator, { code: await codeFor(simulator, changes), ...token }));
}

export function getUser(
  simulator: GitHubSimulator,
  token: unknown,
  headers: Parameters = {},
): Promise<Response> {
  return fetch(`${simulator.apiBase}/user`, {
    headers: { authorization: `Bearer ${String(token)}`, ...headers },
  });
}

export function basic({ clientId, clientSecret }: { clientId: string; clientSecret: string }): string {
  return `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
}

/** Calls `/applications/…` as the demo app. */
export function asApp(
  simulator: GitHubSimulator,
  [method, part]: readonly ['POST' | 'PATCH' | 'DELETE', 'token' | 'grant'],
  body: unknown,
  authorization = basic(DEMO_OAUTH_APP),
): Promise<Response> {
  return fetch(`${simulator.apiBase}/applications/${DEMO_OAUTH_APP.clientId}/${part}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
