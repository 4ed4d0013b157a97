import type { Request, Response, Router } from 'express';
import { canRead, policyOf, refuseByPolicy, sendNotFound } from './access.ts';
import type { ApiCaller } from './api-caller.ts';
import { jsonRepresentation, sendConditional } from './conditional.ts';
import type { ContentsDeps } from './contents-route.ts';
import { sendContents } from './contents-route.ts';
import { repositoryBody } from './repository-body.ts';
import type { SimulatedRepository } from './repositories.ts';
import type { SimulatorState } from './state.ts';

export interface RepositoryDeps extends ContentsDeps {
  readonly state: SimulatorState;
  readonly caller: (request: Request) => ApiCaller | undefined;
}

/** `/repos/{owner}/{repo}` and its contents. */
export function mountRepositories(router: Router, deps: RepositoryDeps): void {
  router.get('/repos/:owner/:repo', (request, response) => {
    const { owner, repo } = request.params;
    const repository = requireReadable(deps, { owner, repo }, { request, response });
    if (repository === undefined) return;
    const content = jsonRepresentation(repositoryBody(repository, deps.state, deps.bases()));
    sendConditional(request, response, { content, refund: () => deps.refund(request, response) });
  });
  router.get('/repos/:owner/:repo/contents{/*path}', async (request, response) => {
    const { owner, repo, path } = request.params;
    const repository = requireReadable(deps, { owner, repo }, { request, response });
    if (repository === undefined) return;
    await sendContents(deps, repository, { request, response, path: path?.join('/') ?? '' });
  });
}

/** The repository, or undefined after an answer: 404 for what the caller may not know of, 403 for a policy. */
function requireReadable(
  deps: RepositoryDeps,
  { owner, repo }: { owner: string; repo: string },
  { request, response }: { request: Request; response: Response },
): SimulatedRepository | undefined {
  const caller = deps.caller(request);
  const repository = deps.repositories.find(owner, repo);
  if (repository === undefined || !canRead(deps.state, repository, caller)) {
    response.set('x-accepted-oauth-scopes', 'repo');
    sendNotFound(response);
    return undefined;
  }
  const policy = policyOf(deps.state, repository.owner, caller);
  if (policy === undefined) return repository;
  refuseByPolicy(response, policy, { owner: repository.owner, webBase: deps.bases().web });
  return undefined;
}
