/**
 * Reads a scope list as GitHub writes it: commas in token answers and headers, blanks in requests.
 *
 * Returns each scope once, sorted; an empty list for an empty text.
 */
export function parseGitHubScopes(value: string): string[] {
  return [...new Set(value.split(/[\s,]+/).filter((scope) => scope !== ''))].sort();
}

// GitHub drops an implied scope from the granted set, so a missing name may still be a granted right.
// docs.github.com, "Scopes for OAuth apps".
const IMPLIED = new Map<string, readonly string[]>(
  Object.entries({
    repo: ['repo:status', 'repo_deployment', 'public_repo', 'repo:invite', 'security_events'],
    user: ['read:user', 'user:email', 'user:follow'],
    'admin:org': ['write:org', 'read:org', 'manage_runners:org'],
    'write:org': ['read:org'],
    'admin:public_key': ['write:public_key', 'read:public_key'],
    'write:public_key': ['read:public_key'],
    'admin:repo_hook': ['write:repo_hook', 'read:repo_hook'],
    'write:repo_hook': ['read:repo_hook'],
    'admin:gpg_key': ['write:gpg_key', 'read:gpg_key'],
    'write:gpg_key': ['read:gpg_key'],
    'write:packages': ['read:packages'],
    'write:discussion': ['read:discussion'],
    project: ['read:project'],
  }),
);

/** Whether a granted set contains a scope, by name or through a scope that implies it. */
export function coversGitHubScope(granted: readonly string[], scope: string): boolean {
  return granted.some((held) => held === scope || IMPLIED.get(held)?.includes(scope) === true);
}
