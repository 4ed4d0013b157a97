import { isLoopbackUrl } from '../outgoing-http/index.ts';

export type GitHubHostKind = 'github.com' | 'ghe.com' | 'ghes';

/** One GitHub installation and the bases of its endpoints; no base ends in a slash. */
export interface GitHubHost {
  /** Stable name used in store keys: lower-case host, with the port unless it is the scheme's default. */
  readonly key: string;
  readonly kind: GitHubHostKind;
  /** Origin of the pages and of `/login/oauth/…`. */
  readonly webBase: string;
  readonly apiBase: string;
  /** The GraphQL endpoint itself. */
  readonly graphqlBase: string;
  /** Whether PKCE is sent by default: github.com and ghe.com take S256, GHES documents none. */
  readonly pkce: boolean;
  /** The only `iss` accepted in a callback that carries one (RFC 9207 §2.4). */
  readonly issuer: string;
}

const GITHUB_HOST_PROBLEMS = {
  not_a_host:
    'must be a host name, with an optional port, like github.com or https://github.example.com:8443',
  plain_http: 'must use https; plain http is for loopback only',
  scheme: 'must start with https:// or be a bare host',
  userinfo: 'must not contain a user name or password',
  path: 'must not contain a path, query or fragment',
  not_ascii: 'must be ASCII; write an international name in its xn-- form',
  api_host: 'names an API host; give the host people open in a browser, like github.com',
  not_a_tenant: 'must be one tenant of ghe.com, like octocorp.ghe.com',
  port: 'has no other port than 443',
  not_loopback: 'must be on loopback: separate bases exist for the GitHub simulator',
} as const;

export type GitHubHostProblem = keyof typeof GITHUB_HOST_PROBLEMS;

/** A value that names no GitHub host; `problem` says what is wrong with it. */
export class GitHubHostError extends Error {
  override readonly name = 'GitHubHostError';
  readonly problem: GitHubHostProblem;

  constructor(problem: GitHubHostProblem) {
    super(GITHUB_HOST_PROBLEMS[problem]);
    this.problem = problem;
  }
}

/**
 * Derives all bases from the one host an operator configures; pure.
 *
 * Takes `github.com`, `https://github.com/`, `octocorp.ghe.com`, `github.example.com:8443`, `[2001:db8::1]:8443`,
 * `http://localhost:3001`. A bare host means https.
 *
 * @throws GitHubHostError
 */
export function parseGitHubHost(value: string): GitHubHost {
  const url = parseOrigin(value);
  const host = url.hostname;
  if (host === 'github.com' || host === 'www.github.com') return gitHubCom(url);
  if (host === 'api.github.com' || host.endsWith('.github.com')) throw new GitHubHostError('api_host');
  if (host === 'ghe.com' || host.endsWith('.ghe.com')) return tenant(url);
  return createHost({
    key: url.host,
    kind: 'ghes',
    webBase: url.origin,
    apiBase: `${url.origin}/api/v3`,
    graphqlBase: `${url.origin}/api/graphql`,
  });
}

export interface GitHubHostBases {
  readonly webBase: string;
  /** May end in `/api/v3`, as GHES lays it out. */
  readonly apiBase: string;
  /** Whose behaviour the host shows. Default: `ghes` where the API is below `/api/v3`, else `github.com`. */
  readonly kind?: GitHubHostKind;
}

/**
 * Builds a host whose web and API listen on different loopback ports, as the simulator does.
 *
 * Off loopback it is refused: a free choice of API base would be a way to send GitHub tokens anywhere.
 *
 * @throws GitHubHostError
 */
export function githubHostFromBases(bases: GitHubHostBases): GitHubHost {
  const web = parseOrigin(bases.webBase);
  const apiPath = /\/api\/v3\/?$/.test(bases.apiBase) ? '/api/v3' : '';
  const api = parseOrigin(bases.apiBase.replace(/\/api\/v3\/?$/, ''));
  if (!isLoopbackUrl(web) || !isLoopbackUrl(api)) throw new GitHubHostError('not_loopback');
  return createHost({
    key: web.host,
    kind: bases.kind ?? (apiPath === '' ? 'github.com' : 'ghes'),
    webBase: web.origin,
    apiBase: `${api.origin}${apiPath}`,
    graphqlBase: `${api.origin}${apiPath === '' ? '' : '/api'}/graphql`,
  });
}

function createHost(host: Omit<GitHubHost, 'pkce' | 'issuer'>): GitHubHost {
  return { ...host, pkce: host.kind !== 'ghes', issuer: `${host.webBase}/login/oauth` };
}

function gitHubCom(url: URL): GitHubHost {
  if (url.port !== '') throw new GitHubHostError('port');
  return createHost({
    key: 'github.com',
    kind: 'github.com',
    webBase: 'https://github.com',
    apiBase: 'https://api.github.com',
    graphqlBase: 'https://api.github.com/graphql',
  });
}

function tenant(url: URL): GitHubHost {
  const host = url.hostname;
  if (host.startsWith('api.')) throw new GitHubHostError('api_host');
  if (host.split('.').length !== 3) throw new GitHubHostError('not_a_tenant');
  if (url.port !== '') throw new GitHubHostError('port');
  return createHost({
    key: host,
    kind: 'ghe.com',
    webBase: `https://${host}`,
    apiBase: `https://api.${host}`,
    graphqlBase: `https://api.${host}/graphql`,
  });
}

// The URL parser repairs too much (`%67ithub.com`, `\`, tabs, full-width letters): what it would repair is refused.
function parseOrigin(value: string): URL {
  const { scheme, authority } = splitScheme(value);
  requireAuthority(authority);
  const origin = `${scheme}://${authority}`;
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url === undefined || !isHostname(url.hostname, authority)) throw new GitHubHostError('not_a_host');
  if (scheme === 'http' && !isLoopbackUrl(url)) throw new GitHubHostError('plain_http');
  return url;
}

function splitScheme(value: string): { scheme: 'https' | 'http'; authority: string } {
  const match = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value);
  const scheme = match?.[1]?.toLowerCase() ?? 'https';
  if (scheme !== 'https' && scheme !== 'http') throw new GitHubHostError('scheme');
  return { scheme, authority: value.slice(match?.[0].length ?? 0).replace(/\/$/, '') };
}

function requireAuthority(authority: string): void {
  if (/[^\x20-\x7e]/.test(authority)) throw new GitHubHostError('not_ascii');
  if (authority.includes('@')) throw new GitHubHostError('userinfo');
  if (/[/\\?#]/.test(authority)) throw new GitHubHostError('path');
  if (!/^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?$/i.test(authority)) {
    throw new GitHubHostError('not_a_host');
  }
}

function isHostname(hostname: string, written: string): boolean {
  if (hostname.startsWith('[')) return true;
  // `127.1` and `0x7f000001` become 127.0.0.1: an address must be written out.
  if (hostname !== written.replace(/:\d*$/, '').toLowerCase()) return false;
  const labels = hostname.split('.');
  return (
    hostname.length <= 253 &&
    // `github.com.` is the same machine under another name: it would escape the rules for github.com.
    labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  );
}
