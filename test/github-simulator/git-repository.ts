import { git } from './git.ts';

export interface TreeEntry {
  readonly path: string;
  readonly kind: 'file' | 'symlink' | 'submodule' | 'directory';
  readonly sha: string;
  /** Bytes; 0 for what is no blob. */
  readonly size: number;
}

/** All of one commit, by path; the root directory is the empty path. */
export type Tree = ReadonlyMap<string, TreeEntry>;

export interface GitRepository {
  /** The commit a branch, a tag or a full id names; undefined for none. */
  resolve(ref: string): Promise<string | undefined>;
  tree(commit: string): Promise<Tree>;
  blob(sha: string): Promise<Buffer>;
}

/** Reads a bare repository with the `git` program. What an object id names never changes, so it is read once. */
export function openGitRepository(directory: string): GitRepository {
  const trees = new Map<string, Promise<Tree>>();
  const blobs = new Map<string, Promise<Buffer>>();
  return {
    resolve: async (ref) => await resolve(directory, ref),
    tree: (commit) => once(trees, commit, async () => await readTree(directory, commit)),
    blob: (sha) => once(blobs, sha, async () => await git(directory, ['cat-file', 'blob', sha])),
  };
}

function once<T>(held: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const value = held.get(key) ?? read();
  held.set(key, value);
  return value;
}

async function resolve(directory: string, ref: string): Promise<string | undefined> {
  // Names only, no revision syntax such as `main~1`.
  if (/[~^:@{\s]/.test(ref)) return undefined;
  const isId = /^[0-9a-f]{40}$/.test(ref);
  for (const name of isId ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`]) {
    const found = await git(directory, ['rev-parse', '--verify', '--quiet', `${name}^{commit}`]).then(
      (output) => output.toString('utf8').trim(),
      () => undefined,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

const KINDS: Readonly<Record<string, TreeEntry['kind']>> = {
  '040000': 'directory',
  '120000': 'symlink',
  '160000': 'submodule',
};

async function readTree(directory: string, commit: string): Promise<Tree> {
  const output = await git(directory, ['ls-tree', '-r', '-t', '-z', '-l', '--full-tree', commit]);
  const root = (await git(directory, ['rev-parse', `${commit}^{tree}`])).toString('utf8').trim();
  const tree = new Map<string, TreeEntry>([['', { path: '', kind: 'directory', sha: root, size: 0 }]]);
  for (const line of output.toString('utf8').split('\0')) {
    const [mode = '', , sha = '', size = ''] = line.split('\t')[0]?.split(/ +/) ?? [];
    const path = line.slice(line.indexOf('\t') + 1);
    if (sha === '') continue;
    tree.set(path, { path, kind: KINDS[mode] ?? 'file', sha, size: Number(size) || 0 });
  }
  return tree;
}

/** What lies directly in a directory, in git's order. */
export function childrenOf(tree: Tree, directory: string): TreeEntry[] {
  const prefix = directory === '' ? '' : `${directory}/`;
  return [...tree.values()].filter(
    ({ path }) => path !== '' && path.startsWith(prefix) && !path.slice(prefix.length).includes('/'),
  );
}
