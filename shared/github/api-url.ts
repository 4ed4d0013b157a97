import type { GitHubHost } from './github-host.ts';

/**
 * Builds an API URL from raw segments; undefined when a segment is empty, `.` or `..`, or not well-formed Unicode.
 *
 * Percent-encoding does not help against dot segments: URL parsers resolve `%2e%2e` as well, and `repos/../user`
 * would read another resource than the one policy looked at.
 */
export function apiUrl(
  host: GitHubHost,
  path: readonly string[],
  query: Readonly<Record<string, string | number | boolean | undefined>> = {},
): URL | undefined {
  if (path.length === 0 || !path.every(isSegment)) return undefined;
  const url = new URL(`${host.apiBase}/${path.map((segment) => encodeURIComponent(segment)).join('/')}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

function isSegment(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && segment.isWellFormed();
}

export interface RedirectTarget {
  readonly url: URL;
  /** Whether the target is still the API the token was meant for. */
  readonly keepsCredential: boolean;
}

/** Where a redirect may lead: the configured host's API or web origin, nothing else. */
export function redirectTarget(
  host: GitHubHost,
  from: URL,
  location: string | string[] | undefined,
): RedirectTarget | undefined {
  if (typeof location !== 'string' || !URL.canParse(location, from.href)) return undefined;
  const url = new URL(location, from);
  url.hash = '';
  if (url.username !== '' || url.password !== '') return undefined;
  if (url.href.startsWith(`${host.apiBase}/`)) return { url, keepsCredential: true };
  return url.origin === host.webBase ? { url, keepsCredential: false } : undefined;
}
