import type { OutgoingResponse } from '../outgoing-http/index.ts';
import { GitHubOAuthError, toGitHubOAuthErrorCode } from './oauth-error.ts';
import type { GitHubOAuthOperation } from './oauth-error.ts';
import { parseGitHubScopes } from './scopes.ts';

export interface GitHubTokenSet {
  readonly accessToken: string;
  /** What GitHub granted, which may be less than was asked; empty for a GitHub App. */
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch; absent when the token does not expire. */
  readonly expiresAt?: number;
  readonly refreshToken?: string;
  /** Milliseconds since the epoch. */
  readonly refreshTokenExpiresAt?: number;
}

/** A parsed answer of an OAuth endpoint. */
export type JsonObject = Readonly<Record<string, unknown>>;

// A token that can be refreshed expires. If GitHub leaves `expires_in` out, an hour is early for every lifetime it
// documents (8 h), so the refresh comes before the token's end.
const ASSUMED_LIFETIME_MS = 3_600_000;
const LONGEST_LIFETIME_SECONDS = 10 * 366 * 86_400;
const LONGEST_TOKEN = 4096;

/**
 * Reads an answer as one JSON object.
 *
 * @throws GitHubOAuthError for an `error` member under any status (GitHub sends most with 200), for a status other
 * than 200 and for anything that is not a JSON object in valid UTF-8.
 */
export function readAnswer(response: OutgoingResponse, operation: GitHubOAuthOperation): JsonObject {
  const { status } = response;
  if (status >= 500 || status === 429) throw new GitHubOAuthError('server_error', operation, status);
  const answer = parseJsonObject(response.body);
  const wireError = answer?.['error'];
  if (typeof wireError === 'string' && status !== 404) {
    throw new GitHubOAuthError(toGitHubOAuthErrorCode(wireError), operation, status);
  }
  // GitHub answers 404 to an unknown client id at the token endpoint.
  if (status === 404 || status === 401) {
    throw new GitHubOAuthError('incorrect_client_credentials', operation, status);
  }
  if (status !== 200 || answer === undefined) throw new GitHubOAuthError('bad_answer', operation, status);
  return answer;
}

/** Reads a token answer (RFC 6749 §5.1) received for a request sent at `sentAt`. @throws GitHubOAuthError `bad_answer` */
export function readTokenSet(
  response: OutgoingResponse,
  operation: GitHubOAuthOperation,
  sentAt: number,
): GitHubTokenSet {
  const answer = readAnswer(response, operation);
  const accessToken = readToken(answer['access_token']);
  const scope = answer['scope'] ?? '';
  const refresh = readRefreshPart(answer, sentAt);
  const lifetimeMs = readLifetime(answer['expires_in']);
  const isBearer = String(answer['token_type']).toLowerCase() === 'bearer';
  if (
    accessToken === undefined ||
    typeof scope !== 'string' ||
    refresh === undefined ||
    lifetimeMs === undefined ||
    !isBearer
  ) {
    throw new GitHubOAuthError('bad_answer', operation, response.status);
  }
  const canRefresh = refresh.refreshToken !== undefined;
  const expiresInMs = lifetimeMs === 'none' && canRefresh ? ASSUMED_LIFETIME_MS : lifetimeMs;
  return {
    accessToken,
    scopes: parseGitHubScopes(scope),
    ...(expiresInMs === 'none' ? {} : { expiresAt: sentAt + expiresInMs }),
    ...refresh,
  };
}

/** The refresh members of an answer, empty when it has none; undefined when they are unusable. */
function readRefreshPart(
  answer: JsonObject,
  sentAt: number,
): Pick<GitHubTokenSet, 'refreshToken' | 'refreshTokenExpiresAt'> | undefined {
  if (answer['refresh_token'] === undefined) return {};
  const refreshToken = readToken(answer['refresh_token']);
  const lifetimeMs = readLifetime(answer['refresh_token_expires_in']);
  if (refreshToken === undefined || lifetimeMs === undefined) return undefined;
  return lifetimeMs === 'none'
    ? { refreshToken }
    : { refreshToken, refreshTokenExpiresAt: sentAt + lifetimeMs };
}

// Tokens are opaque and their format changes; only what could break a header is refused.
function readToken(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= LONGEST_TOKEN && /^[\x21-\x7e]+$/.test(value)
    ? value
    : undefined;
}

/** Milliseconds, `none` when absent, undefined when unusable. */
function readLifetime(value: unknown): number | 'none' | undefined {
  if (value === undefined || value === null) return 'none';
  const usable =
    typeof value === 'number' &&
    Number.isSafeInteger(value) &&
    value > 0 &&
    value <= LONGEST_LIFETIME_SECONDS;
  return usable ? value * 1000 : undefined;
}

function parseJsonObject(body: Buffer): JsonObject | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
