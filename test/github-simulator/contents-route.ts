import type { Request, Response } from 'express';
import type { Bases } from './access.ts';
import { sendMessage, sendNotFound } from './access.ts';
import type { Representation } from './conditional.ts';
import { jsonRepresentation, sendConditional } from './conditional.ts';
import type { ContentLimits } from './content-limits.ts';
import type { ContentsPlace } from './contents.ts';
import {
  directoryObject,
  fileObject,
  followLink,
  listDirectory,
  submoduleObject,
  symlinkObject,
} from './contents.ts';
import type { TreeEntry } from './git-repository.ts';
import { queryOf } from './request.ts';
import { defaultBranchOf } from './repositories.ts';
import type { Repositories, SimulatedRepository } from './repositories.ts';

export interface ContentsDeps {
  readonly repositories: Repositories;
  readonly bases: () => Bases;
  readonly limits: () => ContentLimits;
  readonly refund: (request: Request, response: Response) => void;
}

type MediaType = 'json' | 'raw' | 'object';

/** `GET /repos/{owner}/{repo}/contents/{path}`, for a repository the caller may read. */
export async function sendContents(
  deps: ContentsDeps,
  repository: SimulatedRepository,
  { request, response, path }: { request: Request; response: Response; path: string },
): Promise<void> {
  const place = await placeOf(deps, repository, request);
  if (typeof place === 'string') {
    sendMessage(response, 404, place);
    return;
  }
  const entry = place.tree.get(path);
  const media = mediaTypeOf(request);
  if (entry === undefined) sendNotFound(response);
  else if (isTooLarge(entry, media, deps.limits())) refuseSize(response, media);
  else {
    const content = await represent(place, { entry, media, limits: deps.limits() });
    sendConditional(request, response, { content, refund: () => deps.refund(request, response) });
  }
}

/** Where to look, or why there is nothing to look at. */
async function placeOf(
  deps: ContentsDeps,
  repository: SimulatedRepository,
  request: Request,
): Promise<ContentsPlace | string> {
  if (Object.keys(repository.branches).length === 0) return 'This repository is empty.';
  const ref = queryOf(request).get('ref') ?? defaultBranchOf(repository);
  const git = await deps.repositories.open(repository);
  const commit = await git.resolve(ref);
  if (commit === undefined) return `No commit found for the ref ${ref}`;
  const fullName = `${repository.owner}/${repository.name}`;
  return { fullName, ref, git, tree: await git.tree(commit), bases: deps.bases() };
}

function mediaTypeOf(request: Request): MediaType {
  const accept = request.headers.accept ?? '';
  const named = /application\/vnd\.github(?:\.v3)?\.(raw|object)/.exec(accept)?.[1];
  return named === 'raw' || named === 'object' ? named : 'json';
}

function isTooLarge(entry: TreeEntry, media: MediaType, limits: ContentLimits): boolean {
  return entry.size > (media === 'json' ? limits.jsonBytes : limits.rawBytes);
}

function refuseSize(response: Response, media: MediaType): void {
  const [size, instead] =
    media === 'json'
      ? ['1 MB', 'use the Git Data API to request blobs up to 100 MB in size']
      : ['100 MB', 'clone the repository via Git and browse it locally'];
  const message = `This API returns blobs up to ${size} in size. The requested blob is too large to fetch via the API, but you can ${instead}.`;
  sendMessage(response, 403, message, [{ resource: 'Blob', field: 'data', code: 'too_large' }]);
}

interface Wanted {
  readonly entry: TreeEntry;
  readonly media: MediaType;
  readonly limits: ContentLimits;
}

async function represent(place: ContentsPlace, { entry, media, limits }: Wanted): Promise<Representation> {
  const type = media === 'object' ? 'application/vnd.github.object+json' : 'application/json';
  if (entry.kind === 'directory') {
    const body = media === 'object' ? directoryObject(place, entry) : listDirectory(place, entry.path);
    return jsonRepresentation(body, type);
  }
  if (entry.kind === 'submodule') return jsonRepresentation(await submoduleObject(place, entry), type);
  const file = entry.kind === 'symlink' ? await followLink(place, entry) : entry;
  if (file === undefined) return jsonRepresentation(await symlinkObject(place, entry), type);
  const bytes = await place.git.blob(file.sha);
  if (media === 'raw') return { body: bytes, type: 'application/vnd.github.raw+json; charset=utf-8' };
  return jsonRepresentation(fileObject(place, file, file.size > limits.jsonBytes ? undefined : bytes), type);
}
