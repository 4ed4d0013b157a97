/** What a GitHub OAuth scope lets its holder do, in words for a person. */
const MEANINGS: Readonly<Record<string, string>> = {
  'read:user': 'read your profile',
  'user:email': 'read your e-mail addresses',
  user: 'read and change your profile',
  'read:org': 'see your organizations and teams',
  'write:org': 'change your organization membership',
  'admin:org': 'administer your organizations and teams',
  repo: 'read and write all your repositories, private ones too (GitHub has no read-only form of this)',
  public_repo: 'read and write your public repositories',
  'repo:status': 'read and write commit statuses',
  gist: 'create and change your gists',
  notifications: 'read your notifications',
  'read:project': 'read your projects',
  project: 'read and change your projects',
  'read:packages': 'read your packages',
};

/** The meaning of a scope; one we have no words for is named as it is, never left out. */
export function meaningOfGitHubScope(scope: string): string {
  return Object.hasOwn(MEANINGS, scope) ? (MEANINGS[scope] ?? scope) : `use GitHub with the scope ${scope}`;
}
