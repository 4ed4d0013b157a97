import type { Bases } from './access.ts';
import type { GitRepository, Tree, TreeEntry } from './git-repository.ts';
import { childrenOf } from './git-repository.ts';

/** Where a contents call looks. */
export interface ContentsPlace {
  readonly fullName: string;
  readonly ref: string;
  readonly tree: Tree;
  readonly git: GitRepository;
  readonly bases: Bases;
}

/** More entries of a directory are silently left out. */
const DIRECTORY_CAP = 1000;
const MAX_LINKS = 5;

/** The members all kinds of entries have. */
function commonMembers(place: ContentsPlace, entry: TreeEntry): Record<string, unknown> {
  const { bases, fullName, ref } = place;
  const path = entry.path.split('/').map(encodeURIComponent).join('/');
  const isTree = entry.kind === 'directory';
  const self = `${bases.api}/repos/${fullName}/contents/${path}?ref=${encodeURIComponent(ref)}`;
  const html = `${bases.web}/${fullName}/${isTree ? 'tree' : 'blob'}/${ref}/${path}`;
  const git = `${bases.api}/repos/${fullName}/git/${isTree ? 'trees' : 'blobs'}/${entry.sha}`;
  return {
    name: entry.path.split('/').at(-1) ?? '',
    path: entry.path,
    sha: entry.sha,
    size: entry.size,
    url: self,
    html_url: html,
    git_url: git,
    download_url: null,
    _links: { self, git, html },
  };
}

const LISTED_TYPES = {
  file: 'file',
  directory: 'dir',
  symlink: 'symlink',
  // So in version 2022-11-28, for clients older than submodules.
  submodule: 'file',
} as const;

export function listDirectory(place: ContentsPlace, directory: string): Record<string, unknown>[] {
  return childrenOf(place.tree, directory)
    .slice(0, DIRECTORY_CAP)
    .map((entry) => ({ ...commonMembers(place, entry), type: LISTED_TYPES[entry.kind] }));
}

/** A directory in the `object` media type. */
export function directoryObject(place: ContentsPlace, entry: TreeEntry): Record<string, unknown> {
  return {
    ...commonMembers(place, entry),
    type: 'dir',
    entries: listDirectory(place, entry.path),
  };
}

/** A file with its bytes; without them, `encoding` is `none`. */
export function fileObject(
  place: ContentsPlace,
  entry: TreeEntry,
  bytes: Buffer | undefined,
): Record<string, unknown> {
  const lines = bytes?.toString('base64').replace(/.{60}/g, '$&\n') ?? '';
  return {
    ...commonMembers(place, entry),
    type: 'file',
    encoding: bytes === undefined ? 'none' : 'base64',
    content: lines,
  };
}

export async function symlinkObject(
  place: ContentsPlace,
  entry: TreeEntry,
): Promise<Record<string, unknown>> {
  const target = (await place.git.blob(entry.sha)).toString('utf8');
  return { ...commonMembers(place, entry), type: 'symlink', target };
}

export async function submoduleObject(
  place: ContentsPlace,
  entry: TreeEntry,
): Promise<Record<string, unknown>> {
  const modules = place.tree.get('.gitmodules');
  const text = modules === undefined ? '' : (await place.git.blob(modules.sha)).toString('utf8');
  const section = text.split('[submodule ').find((part) => part.includes(`path = ${entry.path}\n`));
  const url = /^\s*url = (\S+)$/m.exec(section ?? '')?.[1] ?? null;
  return { ...commonMembers(place, entry), type: 'submodule', submodule_git_url: url, html_url: null };
}

/** The file a symbolic link ends at, with the link's own path; undefined when it leaves the repository. */
export async function followLink(place: ContentsPlace, link: TreeEntry): Promise<TreeEntry | undefined> {
  let entry: TreeEntry | undefined = link;
  for (let step = 0; step < MAX_LINKS && entry?.kind === 'symlink'; step += 1) {
    const target: string = (await place.git.blob(entry.sha)).toString('utf8');
    entry = target.startsWith('/') ? undefined : place.tree.get(resolvePath(entry.path, target) ?? '\0');
  }
  return entry?.kind === 'file' ? { ...entry, path: link.path } : undefined;
}

function resolvePath(from: string, target: string): string | undefined {
  const segments = from.split('/').slice(0, -1);
  for (const segment of target.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return undefined;
  }
  return segments.join('/');
}
