import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { GitHubHost } from '../../shared/github/index.ts';
import { requireFilePath, requireOwner, requireRef, requireRepo } from './repository-path.ts';
import type { RowGitHub } from './row-github.ts';
import { hiddenFailure } from './row-github.ts';
import { invalidQuery, RowFailure, rowErrorOf } from './row-failure.ts';

export const CONTENTS_ENDPOINT = '/repos/{owner}/{repo}/contents/{path}';
export const REPOSITORY_ENDPOINT = '/repos/{owner}/{repo}';

/**
 * Largest file read. GitHub would give up to 100 MB; here ten files of a call are held, decoded and searched at once,
 * in a process that others share.
 */
export const MAX_FILE_BYTES = 5 * 1024 * 1024;

export interface ContentLocation {
  readonly owner: string;
  readonly repo: string;
  readonly path: string;
  readonly ref?: string | undefined;
}

/** A file at one ref. */
export interface FileBytes {
  readonly bytes: Buffer;
  /** Git blob id. */
  readonly sha: string;
  /** The ref that was read, as GitHub names it: the default branch where none was asked for. */
  readonly ref: string | null;
  /** Its page at the configured host. */
  readonly url: string | undefined;
}

const entrySchema = z.looseObject({
  type: z.string(),
  sha: z.string().regex(/^[0-9a-f]{40,64}$/),
  size: z.int().min(0),
  url: z.string().optional().catch(undefined),
  html_url: z.string().nullish().catch(undefined),
  content: z.string().optional(),
  encoding: z.string().optional(),
  submodule_git_url: z.string().optional(),
});
type Entry = z.infer<typeof entrySchema>;

/**
 * Reads one file's bytes, in two calls when it is larger than 1 MB.
 *
 * @throws RowFailure for a location out of grammar, whatever GitHub refuses, a path that is no file, and files over 5 MiB.
 */
export async function readFile(github: RowGitHub, location: ContentLocation): Promise<FileBytes> {
  const owner = requireOwner(location.owner);
  const repo = requireRepo(location.repo);
  const path = ['repos', owner, repo, 'contents', ...requireFilePath(location.path)];
  const query = location.ref === undefined ? {} : { ref: requireRef(location.ref) };
  if (github.hidesPrivate) await requirePublic(github, owner, repo);
  const answer = await github.get(path, {
    accept: 'application/vnd.github.object+json',
    endpoint: CONTENTS_ENDPOINT,
    query,
  });
  const entry = requireFile(answer.json);
  const at = { ref: refOf(entry) ?? location.ref ?? null, url: pageOf(entry.html_url, github.host) };
  if (entry.encoding !== 'none') return { ...at, bytes: bytesOf(entry), sha: entry.sha };
  const { body } = await github.get(path, {
    accept: 'application/vnd.github.raw+json',
    endpoint: CONTENTS_ENDPOINT,
    query,
    maxBytes: MAX_FILE_BYTES,
  });
  // A branch may have moved since the first call: the bytes name themselves.
  return { ...at, bytes: body, sha: blobId(body) };
}

/** The person allowed this client public data only; the credential could read more. */
async function requirePublic(github: RowGitHub, owner: string, repo: string): Promise<void> {
  const answer = await github.get(['repos', owner, repo], { endpoint: REPOSITORY_ENDPOINT });
  const isPublic = z.object({ private: z.literal(false) }).safeParse(answer.json).success;
  if (!isPublic) throw hiddenFailure();
}

function requireFile(json: unknown): Entry {
  const isDirectory = Array.isArray(json) || z.object({ type: z.literal('dir') }).safeParse(json).success;
  if (isDirectory) throw invalidQuery('the path is a directory; name a file in it', 'directory');
  const parsed = entrySchema.safeParse(json);
  if (!parsed.success) throw new RowFailure(rowErrorOf({ code: 'upstream_5xx' }));
  const entry = parsed.data;
  // Version 2022-11-28 may call a submodule a file.
  if (entry.type === 'submodule' || entry.submodule_git_url !== undefined) {
    throw invalidQuery('the path is a submodule: it lies in another repository', 'submodule');
  }
  if (entry.type === 'symlink') {
    throw invalidQuery('the path is a symbolic link that leads to no file of this repository', 'symlink');
  }
  if (entry.type !== 'file') throw new RowFailure(rowErrorOf({ code: 'upstream_5xx' }));
  if (entry.size > MAX_FILE_BYTES) throw new RowFailure(rowErrorOf({ code: 'too_large' }));
  return entry;
}

function bytesOf({ content, encoding, size }: Entry): Buffer {
  const bytes = encoding === 'base64' ? Buffer.from(content ?? '', 'base64') : undefined;
  if (bytes?.length !== size) throw new RowFailure(rowErrorOf({ code: 'upstream_5xx' }));
  return bytes;
}

function blobId(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

function refOf({ url }: Entry): string | undefined {
  const ref = url !== undefined && URL.canParse(url) ? new URL(url).searchParams.get('ref') : null;
  return ref === null || ref.length > 250 ? undefined : ref;
}

/** A page at the configured web host, and nothing that only looks like one. */
export function pageOf(value: string | null | undefined, host: GitHubHost): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  const isOurs = url.origin === host.webBase && url.username === '' && url.password === '';
  return isOurs ? url.href : undefined;
}
