import type { Bases } from './access.ts';
import { findOrganization } from './organizations.ts';
import { defaultBranchOf } from './repositories.ts';
import type { SimulatedRepository } from './repositories.ts';
import { findUser } from './state.ts';
import type { SimulatorState } from './state.ts';
import { userSummary } from './user-body.ts';

// Members that hold the repository's API address and a path below it.
const LINKS: Readonly<Record<string, string>> = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
};

/** Of an owner that only its repositories tell of. */
const UNDESCRIBED_ORGANIZATION_ID = 9920;

export function organizationId(state: SimulatorState, login: string): number {
  return findOrganization(state, login)?.id ?? UNDESCRIBED_ORGANIZATION_ID;
}

/** The members of a repository that GitHub repeats in other objects. */
export function repositorySummary(
  repository: SimulatedRepository,
  state: SimulatorState,
  bases: Bases,
): Record<string, unknown> {
  const fullName = `${repository.owner}/${repository.name}`;
  const url = `${bases.api}/repos/${fullName}`;
  return {
    id: repository.id,
    node_id: Buffer.from(`010:Repository${String(repository.id)}`).toString('base64'),
    name: repository.name,
    full_name: fullName,
    private: repository.private,
    owner: ownerBody(repository.owner, state, bases),
    html_url: `${bases.web}/${fullName}`,
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(Object.entries(LINKS).map(([name, path]) => [name, `${url}${path}`])),
  };
}

/** `GET /repos/{owner}/{repo}`. */
export function repositoryBody(
  repository: SimulatedRepository,
  state: SimulatorState,
  bases: Bases,
): Record<string, unknown> {
  const summary = repositorySummary(repository, state, bases);
  const page = String(summary['html_url']);
  const authority = new URL(bases.web).host;
  return {
    ...summary,
    git_url: page.replace(/^https?/, 'git'),
    ssh_url: `git@${authority}:${repository.owner}/${repository.name}.git`,
    clone_url: `${page}.git`,
    svn_url: page,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    visibility: repository.private ? 'private' : 'public',
    default_branch: defaultBranchOf(repository),
    topics: [],
    ...COUNTS,
    ...SWITCHES,
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    pushed_at: '2026-01-01T00:00:00Z',
  };
}

const COUNTS = {
  forks: 0,
  forks_count: 0,
  network_count: 0,
  open_issues: 0,
  open_issues_count: 0,
  size: 1,
  stargazers_count: 0,
  subscribers_count: 0,
  watchers: 0,
  watchers_count: 0,
};

const SWITCHES = {
  archived: false,
  disabled: false,
  has_discussions: false,
  has_downloads: true,
  has_issues: true,
  has_pages: false,
  has_projects: true,
  has_wiki: true,
};

function ownerBody(login: string, state: SimulatorState, bases: Bases): Record<string, unknown> {
  const user = findUser(state, login);
  if (user !== undefined) return userSummary(user, bases);
  return { ...userSummary({ login, id: organizationId(state, login) }, bases), type: 'Organization' };
}
