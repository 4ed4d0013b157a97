import { OutgoingHttpError } from '../outgoing-http/index.ts';
import type { OutgoingHttp, OutgoingResponse } from '../outgoing-http/index.ts';
import { apiUrl, redirectTarget } from './api-url.ts';
import { classifyGitHubFailure } from './classify.ts';
import type { GitHubAnswer, GitHubFailure } from './classify.ts';
import type { GitHubHost } from './github-host.ts';
import { isJsonObject } from './oauth-answer.ts';
import { readRate } from './rate.ts';
import type { GitHubRate } from './rate.ts';
import { parseGitHubScopes } from './scopes.ts';
import { parseJson } from '../parse-json.ts';

export interface GitHubApiOptions {
  readonly host: GitHubHost;
  readonly http: OutgoingHttp;
  /** `X-GitHub-Api-Version`. Default `2022-11-28`, which every GHES takes. */
  readonly apiVersion?: string;
  /** Total milliseconds of one call, redirects included. Default 12000: GitHub gives up at about 10 s. */
  readonly timeoutMs?: number;
  /** Largest answer in bytes. Default 8 MiB: a recursive tree may have 7 MB. */
  readonly maxBytes?: number;
  /** Told of every answer GitHub gave, for metrics; redirects on the way are not told. */
  readonly onAnswer?: (answer: GitHubAnswered) => void;
}

/** One answered call. */
export interface GitHubAnswered {
  /** The pattern the caller named, `other` where it named none: never the path as sent. */
  readonly endpoint: string;
  readonly status: number;
}

export interface GitHubGetOptions {
  readonly accept?: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Validator of a stored copy; GitHub answers 304 when it still holds. */
  readonly ifNoneMatch?: string;
  /** `return` hands a redirect back as an answer, for endpoints where it has a meaning. Default `follow`. */
  readonly redirects?: 'follow' | 'return';
  /** Pattern of the path for `onAnswer`, such as `/repos/{owner}/{repo}/contents/{path}`. */
  readonly endpoint?: string;
  /** Largest answer in bytes, where this call needs another limit than the client's. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

export interface GitHubApiResponse extends GitHubAnswer {
  readonly body: Buffer;
}

export interface GitHubUser {
  /** Never changes and is never reused; the login does both. */
  readonly id: number;
  readonly login: string;
  readonly name: string | null;
  /** `null` when GitHub does not tell: unknown, not "off". */
  readonly twoFactorAuthentication: boolean | null;
  /** What the token can do now; `null` for GitHub App tokens, which send no such header. */
  readonly scopes: readonly string[] | null;
  readonly rate: GitHubRate | null;
}

/** A call that failed; `failure` is closed and safe to show, GitHub's own text is not kept. */
export class GitHubApiError extends Error {
  override readonly name = 'GitHubApiError';
  readonly failure: GitHubFailure;

  constructor(failure: GitHubFailure) {
    super(`GitHub API call failed: ${failure.code}`);
    this.failure = failure;
  }
}

/** GitHub's REST API for reading; holds no token, each call brings its own. */
export interface GitHubApi {
  readonly host: GitHubHost;
  /**
   * Reads `apiBase` / path and returns whatever GitHub answered; a caller that expects 200 classifies the rest with
   * `classifyGitHubFailure`.
   *
   * @param path Raw segments, encoded here: `['repos', owner, repo, 'contents', ...file]`.
   * @throws GitHubApiError when no usable answer came, or for a segment that is empty, `.` or `..`;
   * OutgoingHttpError `aborted` when the signal fired.
   */
  get(accessToken: string, path: readonly string[], options?: GitHubGetOptions): Promise<GitHubApiResponse>;
  /** Who the token belongs to. @throws GitHubApiError for every answer but a user. */
  getUser(accessToken: string, signal?: AbortSignal): Promise<GitHubUser>;
}

const DEFAULT_API_VERSION = '2022-11-28';
const DEFAULT_TIMEOUT_MS = 12_000;
const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;
const MAX_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 307, 308]);

export function createGitHubApi(options: GitHubApiOptions): GitHubApi {
  const get: GitHubApi['get'] = async (accessToken, path, getOptions = {}) => {
    const url = apiUrl(options.host, path, getOptions.query);
    if (url === undefined) throw new GitHubApiError({ code: 'validation' });
    const response = await follow(options, { url, accessToken, getOptions });
    options.onAnswer?.({ endpoint: getOptions.endpoint ?? 'other', status: response.status });
    return { ...response, json: jsonOf(response) };
  };
  return {
    host: options.host,
    get,
    getUser: async (accessToken, signal) => {
      const response = await get(accessToken, ['user'], {
        endpoint: '/user',
        ...(signal === undefined ? {} : { signal }),
      });
      if (response.status !== 200) {
        throw new GitHubApiError(classifyGitHubFailure(response, options.host));
      }
      return readUser(response);
    },
  };
}

interface Call {
  readonly url: URL;
  readonly accessToken: string;
  readonly getOptions: GitHubGetOptions;
}

async function follow(options: GitHubApiOptions, call: Call): Promise<OutgoingResponse> {
  const deadline = performance.now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  let url = call.url;
  let credential: string | undefined = call.accessToken;
  for (let hops = 0; ; hops += 1) {
    const response = await send(options, { ...call, url, credential, deadline });
    if (!REDIRECTS.has(response.status) || call.getOptions.redirects === 'return') return response;
    const target = redirectTarget(options.host, url, response.headers['location']);
    // Off the configured host, or in circles: an answer we may not fetch is no answer.
    if (target === undefined || hops === MAX_REDIRECTS) {
      throw new GitHubApiError({ code: 'unreachable', status: response.status });
    }
    url = target.url;
    // Once dropped it stays dropped: a later hop back to the API was chosen by whoever answered without it.
    credential = target.keepsCredential ? credential : undefined;
  }
}

interface Hop extends Call {
  readonly credential: string | undefined;
  readonly deadline: number;
}

async function send(options: GitHubApiOptions, hop: Hop): Promise<OutgoingResponse> {
  const { signal } = hop.getOptions;
  try {
    return await options.http.request({
      url: hop.url,
      method: 'GET',
      headers: headersOf(options, hop),
      timeoutMs: Math.max(1, hop.deadline - performance.now()),
      maxBytes: hop.getOptions.maxBytes ?? options.maxBytes ?? DEFAULT_MAX_BYTES,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    throw transportFailure(error);
  }
}

function headersOf(options: GitHubApiOptions, hop: Hop): Record<string, string> {
  const { accept, ifNoneMatch } = hop.getOptions;
  return {
    accept: accept ?? 'application/vnd.github+json',
    'x-github-api-version': options.apiVersion ?? DEFAULT_API_VERSION,
    ...(hop.credential === undefined ? {} : { authorization: `Bearer ${hop.credential}` }),
    ...(ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }),
  };
}

function transportFailure(error: unknown): unknown {
  if (!(error instanceof OutgoingHttpError) || error.code === 'aborted') return error;
  if (error.code === 'timeout') return new GitHubApiError({ code: 'upstream_timeout' });
  return new GitHubApiError({ code: error.code === 'too_large' ? 'too_large' : 'unreachable' });
}

function jsonOf(response: OutgoingResponse): unknown {
  const type = response.headers['content-type'];
  if (typeof type !== 'string' || !/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) return undefined;
  return parseJson(response.body);
}

function readUser(response: GitHubApiResponse): GitHubUser {
  const user = isJsonObject(response.json) ? response.json : {};
  const { id, login, name, two_factor_authentication: twoFactor } = user;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id <= 0 || !isLogin(login)) {
    throw new GitHubApiError({ code: 'upstream_5xx', status: response.status });
  }
  const scopes = response.headers['x-oauth-scopes'];
  return {
    id,
    login,
    name: typeof name === 'string' ? name : null,
    twoFactorAuthentication: typeof twoFactor === 'boolean' ? twoFactor : null,
    scopes: typeof scopes === 'string' ? parseGitHubScopes(scopes) : null,
    rate: readRate(response.headers),
  };
}

// Letters, digits, `-`, `_` (enterprise managed users) and `[bot]`: the login goes into pages and log lines.
function isLogin(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_[\]-]{1,100}$/.test(value);
}
