import type { GitHubHost } from './github-host.ts';
import { isJsonObject } from './oauth-answer.ts';
import { coversGitHubScope, parseGitHubScopes } from './scopes.ts';

export const GITHUB_FAILURE_CODES = [
  'auth_revoked',
  'scope_missing',
  'sso_required',
  'org_restricted',
  'ip_blocked',
  'suspended',
  'not_found_or_hidden',
  'rate_primary',
  'rate_secondary',
  'validation',
  'too_large',
  'upstream_timeout',
  'upstream_5xx',
  'unreachable',
] as const;

export type GitHubFailureCode = (typeof GITHUB_FAILURE_CODES)[number];

export interface GitHubFailure {
  readonly code: GitHubFailureCode;
  /** Absent when no answer came. */
  readonly status?: number;
  /** Seconds to wait; present for both rate limits, and where GitHub named a time. */
  readonly retryAfterSeconds?: number;
  /** Page of the configured host that starts the organization's single sign-on; valid for an hour. */
  readonly ssoUrl?: string;
  /** Scopes the endpoint takes (any one of them), where GitHub said so. */
  readonly acceptedScopes?: readonly string[];
  /** GitHub's request id, for its support. */
  readonly requestId?: string;
}

/** An answer of the REST API; header names in lower case. */
export interface GitHubAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Undefined when the body is not JSON. */
  readonly json: unknown;
}

interface Facts {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly message: string;
  readonly tooLarge: boolean;
}

const DEFAULT_SECONDARY_SECONDS = 60;
const LONGEST_RETRY_SECONDS = 86_400;

/**
 * Names the reason behind an unsuccessful answer; pure, and total over every status.
 *
 * GitHub tells the causes of a 403 apart in its message text and a few headers only, so fixed parts of those messages
 * are looked for; the text itself never leaves this function. A 403 that fits nothing is `not_found_or_hidden`, not
 * `scope_missing`: asking the user for more scopes would not help and would repeat for ever.
 */
export function classifyGitHubFailure(
  answer: GitHubAnswer,
  host: Pick<GitHubHost, 'webBase'>,
): GitHubFailure {
  const facts = factsOf(answer);
  const code = codeOf(facts);
  const retryAfterSeconds = retryAfterOf(facts, code);
  const ssoUrl = code === 'sso_required' ? ssoUrlOf(facts, host.webBase) : undefined;
  const acceptedScopes = parseGitHubScopes(facts.header('x-accepted-oauth-scopes') ?? '');
  const requestId = facts.header('x-github-request-id');
  return {
    code,
    status: answer.status,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(ssoUrl === undefined ? {} : { ssoUrl }),
    ...(acceptedScopes.length === 0 ? {} : { acceptedScopes }),
    ...(requestId !== undefined && /^[\w:-]{1,80}$/.test(requestId) ? { requestId } : {}),
  };
}

function factsOf(answer: GitHubAnswer): Facts {
  const body = isJsonObject(answer.json) ? answer.json : {};
  const errors: unknown[] = Array.isArray(body['errors']) ? body['errors'] : [];
  return {
    status: answer.status,
    header: (name) => {
      const value = answer.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    message: typeof body['message'] === 'string' ? body['message'].toLowerCase() : '',
    tooLarge: errors.some((error) => isJsonObject(error) && error['code'] === 'too_large'),
  };
}

const CODE_BY_STATUS: Readonly<Record<number, GitHubFailureCode>> = {
  400: 'validation',
  401: 'auth_revoked',
  404: 'not_found_or_hidden',
  408: 'upstream_timeout',
  409: 'validation',
  410: 'validation',
  413: 'too_large',
  415: 'validation',
  422: 'validation',
  451: 'not_found_or_hidden',
  504: 'upstream_timeout',
};

function codeOf(facts: Facts): GitHubFailureCode {
  const { status } = facts;
  if (status === 403 || status === 429) return refusalOf(facts);
  if (status === 422 && facts.tooLarge) return 'too_large';
  if (status === 401 && isSuspended(facts)) return 'suspended';
  const known = CODE_BY_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 500) return 'upstream_5xx';
  if (status >= 400) return 'validation';
  // A redirect nobody may follow, or a success whose body is not what the endpoint promises.
  return 'upstream_5xx';
}

type Sign = readonly [GitHubFailureCode, (facts: Facts) => boolean];

const says =
  (...parts: readonly string[]) =>
  (facts: Facts): boolean =>
    parts.some((part) => facts.message.includes(part));

function isSuspended({ message }: Facts): boolean {
  return /account (?:was|is|has been) suspended/.test(message);
}

// In order: a blocked user or organization also gets rate-limit headers, and a secondary limit may come with
// `x-ratelimit-remaining: 0`.
const SIGNS: readonly Sign[] = [
  ['too_large', (facts) => facts.tooLarge],
  ['sso_required', (facts) => facts.header('x-github-sso')?.startsWith('required') === true],
  ['sso_required', says('saml enforcement', 'saml sso')],
  ['suspended', isSuspended],
  ['org_restricted', says('oauth app access restrictions')],
  ['ip_blocked', says('ip allow list')],
  ['rate_secondary', says('secondary rate limit', 'abuse detection', 'number of login attempts')],
  ['rate_primary', (facts) => facts.header('x-ratelimit-remaining') === '0'],
  ['rate_primary', says('api rate limit exceeded')],
  ['rate_secondary', (facts) => facts.status === 429 || facts.header('retry-after') !== undefined],
  ['scope_missing', says('resource not accessible by integration')],
  ['scope_missing', lacksAcceptedScope],
];

function refusalOf(facts: Facts): GitHubFailureCode {
  return SIGNS.find(([, shows]) => shows(facts))?.[0] ?? 'not_found_or_hidden';
}

function lacksAcceptedScope(facts: Facts): boolean {
  const granted = facts.header('x-oauth-scopes');
  const accepted = parseGitHubScopes(facts.header('x-accepted-oauth-scopes') ?? '');
  if (granted === undefined || accepted.length === 0) return false;
  const held = parseGitHubScopes(granted);
  return !accepted.some((scope) => coversGitHubScope(held, scope));
}

function retryAfterOf(facts: Facts, code: GitHubFailureCode): number | undefined {
  const named = secondsOf(facts.header('retry-after'));
  if (named !== undefined) return named;
  if (code === 'rate_secondary') return DEFAULT_SECONDARY_SECONDS;
  if (code !== 'rate_primary') return undefined;
  // Both instants are GitHub's, so a wrong clock on our side does not matter.
  const reset = Number(facts.header('x-ratelimit-reset'));
  const sent = Date.parse(facts.header('date') ?? '') / 1000;
  return Number.isFinite(reset) && Number.isFinite(sent)
    ? clampSeconds(reset - sent)
    : DEFAULT_SECONDARY_SECONDS;
}

function secondsOf(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,9}$/.test(value) ? clampSeconds(Number(value)) : undefined;
}

function clampSeconds(seconds: number): number {
  return Math.min(Math.max(Math.ceil(seconds), 1), LONGEST_RETRY_SECONDS);
}

// The URL is shown to the user as a link, so only the host they already sign in at is believed.
function ssoUrlOf(facts: Facts, webBase: string): string | undefined {
  const value = /^required;\s*url=(\S+)$/.exec(facts.header('x-github-sso') ?? '')?.[1];
  const url = value !== undefined && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || url.origin !== webBase || url.username !== '' || url.password !== '') {
    return undefined;
  }
  return url.href;
}
