import type { Request, Response } from 'express';
import type { Bases } from './access.ts';
import { canRead, policyOf, sendMessage, tellPartialResults } from './access.ts';
import type { ApiCaller } from './api-caller.ts';
import { parseCodeQuery } from './code-search-query.ts';
import type { CodeQuery } from './code-search-query.ts';
import { searchFiles } from './code-search.ts';
import type { FoundFile } from './code-search.ts';
import { defaultBranchOf } from './repositories.ts';
import type { Repositories, SimulatedRepository } from './repositories.ts';
import { organizationId, repositorySummary } from './repository-body.ts';
import { pageOf } from './paging.ts';
import { queryOf } from './request.ts';
import { findUser } from './state.ts';
import type { SimulatorState } from './state.ts';

export interface SearchDeps {
  readonly state: SimulatorState;
  readonly repositories: Repositories;
  readonly bases: () => Bases;
}

const MAX_TERM_LENGTH = 256;
const MAX_RESULTS = 1000;
const NOT_SEARCHABLE =
  'The listed users and repositories cannot be searched either because the resources do not exist or you do not have permission to view them.';

/** `GET /search/code`: the default branches of what the caller may read. */
export async function sendCodeSearch(
  deps: SearchDeps,
  caller: ApiCaller | undefined,
  { request, response }: { request: Request; response: Response },
): Promise<void> {
  if (caller === undefined) {
    sendMessage(response, 401, 'Requires authentication');
    return;
  }
  const parameters = queryOf(request);
  const query = parseCodeQuery(parameters.get('q') ?? '');
  const page = pageOf(parameters);
  const fault = faultOf(deps, query, caller);
  if (fault !== undefined) sendMessage(response, 422, 'Validation Failed', [fault]);
  else if (page.size * page.number > MAX_RESULTS) {
    sendMessage(response, 422, 'Only the first 1000 search results are available');
  } else {
    const inScope = deps.repositories
      .all()
      .filter((each) => isInScope(each, query) && canRead(deps.state, each, caller));
    const open = inScope.filter((each) => policyOf(deps.state, each.owner, caller) === undefined);
    // Results of a protected organization are left out, and the answer says so.
    const left = inScope.filter((each) => policyOf(deps.state, each.owner, caller) === 'sso');
    tellPartialResults(
      response,
      left.map(({ owner }) => organizationId(deps.state, owner)),
    );
    const items = await search(deps, open, query);
    const from = (page.number - 1) * page.size;
    const withMatches = (request.headers.accept ?? '').includes('text-match');
    response.json({
      total_count: items.length,
      incomplete_results: false,
      items: items.slice(from, from + page.size).map((item) => itemBody(deps, item, withMatches)),
    });
  }
}

/** Why GitHub would not run the search; undefined when it would. */
function faultOf(deps: SearchDeps, query: CodeQuery, caller: ApiCaller): object | undefined {
  const place = { resource: 'Search', field: 'q' };
  if (query.termLength > MAX_TERM_LENGTH) {
    return { ...place, message: 'The search is longer than 256 characters.', code: 'invalid' };
  }
  if (query.terms.length === 0) return { ...place, code: 'missing' };
  const isKnown = query.qualifiers.every(({ name, value }) => {
    if (name === 'repo') {
      const [owner = '', repo = ''] = value.split('/');
      const found = deps.repositories.find(owner, repo);
      return found !== undefined && canRead(deps.state, found, caller);
    }
    if (name !== 'user' && name !== 'org') return true;
    const owns = deps.repositories.all().some(({ owner }) => owner.toLowerCase() === value.toLowerCase());
    return owns || findUser(deps.state, value) !== undefined;
  });
  return isKnown ? undefined : { ...place, message: NOT_SEARCHABLE, code: 'invalid' };
}

/** Several `repo:` and `user:` widen the search. */
function isInScope({ owner, name }: SimulatedRepository, query: CodeQuery): boolean {
  const scopes = query.qualifiers.filter((each) => ['repo', 'user', 'org'].includes(each.name));
  const named = scopes.some(({ name: kind, value }) => {
    const wanted = value.toLowerCase();
    return wanted === (kind === 'repo' ? `${owner}/${name}` : owner).toLowerCase();
  });
  return scopes.length === 0 || named;
}

interface FoundItem {
  readonly repository: SimulatedRepository;
  readonly file: FoundFile;
}

async function search(
  { repositories }: SearchDeps,
  among: readonly SimulatedRepository[],
  query: CodeQuery,
): Promise<FoundItem[]> {
  const items: FoundItem[] = [];
  for (const repository of among) {
    if (Object.keys(repository.branches).length === 0) continue;
    const git = await repositories.open(repository);
    const commit = await git.resolve(defaultBranchOf(repository));
    const files = commit === undefined ? [] : await searchFiles(git, commit, query);
    items.push(...files.map((file) => ({ repository, file })));
  }
  return items;
}

function itemBody(deps: SearchDeps, { repository, file }: FoundItem, withMatches: boolean) {
  const bases = deps.bases();
  const fullName = `${repository.owner}/${repository.name}`;
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  const branch = defaultBranchOf(repository);
  const url = `${bases.api}/repos/${fullName}/contents/${path}?ref=${branch}`;
  return {
    name: file.path.split('/').at(-1),
    path: file.path,
    sha: file.sha,
    url,
    git_url: `${bases.api}/repos/${fullName}/git/blobs/${file.sha}`,
    html_url: `${bases.web}/${fullName}/blob/${branch}/${path}`,
    repository: repositorySummary(repository, deps.state, bases),
    score: 1,
    ...(withMatches
      ? {
          text_matches: file.textMatches.map((match) => ({
            object_url: url,
            object_type: 'FileContent',
            ...match,
          })),
        }
      : {}),
  };
}
