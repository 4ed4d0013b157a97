// What one scope includes; GitHub leaves the included ones out of the granted set.
const INCLUDES = new Map<string, readonly string[]>(
  Object.entries({
    repo: ['repo:status', 'repo_deployment', 'public_repo', 'repo:invite', 'security_events'],
    'admin:org': ['write:org', 'read:org'],
    'write:org': ['read:org'],
    user: ['read:user', 'user:email', 'user:follow'],
    'write:packages': ['read:packages'],
    project: ['read:project'],
  }),
);

const KNOWN = new Set([
  ...[...INCLUDES].flat(2),
  'gist',
  'notifications',
  'workflow',
  'delete_repo',
  'delete:packages',
  'codespace',
  'read:audit_log',
]);

const OFFLINE_ACCESS = 'offline_access';

/** The known scopes of a request, each once; separators as GitHub takes them. */
export function parseScopes(value: string): string[] {
  return [...new Set(value.split(/[\s,]+/))].filter((scope) => KNOWN.has(scope));
}

/** Leaves out scopes that another one includes, and sorts. */
export function normaliseScopes(scopes: Iterable<string>): string[] {
  const all = [...new Set(scopes)];
  return all.filter((scope) => !all.some((other) => INCLUDES.get(other)?.includes(scope) === true)).sort();
}

export function asksOffline(value: string): boolean {
  return value.split(/[\s,]+/).includes(OFFLINE_ACCESS);
}
