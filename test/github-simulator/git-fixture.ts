import type { FixtureEntry } from './fixture-files.ts';
import { git } from './git.ts';

const MODES = { file: '100644', symlink: '120000', submodule: '160000' } as const;

/** Writes a bare repository with one commit per branch, in one `git fast-import`. The same content gives the same ids. */
export async function createBareRepository(
  directory: string,
  content: {
    readonly branches: Readonly<Record<string, readonly FixtureEntry[]>>;
    readonly tags?: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const [defaultBranch] = Object.keys(content.branches);
  await git(directory, ['init', '--quiet', '--bare', `--initial-branch=${defaultBranch ?? 'main'}`]);
  const commits = Object.entries(content.branches).map(([branch, entries]) => commit(branch, entries));
  const tags = Object.entries(content.tags ?? {}).map(([tag, branch]) =>
    Buffer.from(`reset refs/tags/${tag}\nfrom refs/heads/${branch}\n\n`),
  );
  await git(directory, ['fast-import', '--quiet'], Buffer.concat([...commits, ...tags]));
}

function commit(branch: string, entries: readonly FixtureEntry[]): Buffer {
  const author = 'The Octocat <octocat@example.com> 1767225600 +0000';
  return Buffer.concat([
    Buffer.from(`commit refs/heads/${branch}\ncommitter ${author}\n`),
    data(Buffer.from(`Content of ${branch}`)),
    ...entries.flatMap(modify),
  ]);
}

function modify(entry: FixtureEntry): Buffer[] {
  const path = `"${entry.path.replace(/["\\]/g, '\\$&')}"`;
  if (entry.kind === 'submodule') return [Buffer.from(`M ${MODES.submodule} ${entry.commit} ${path}\n`)];
  const content = entry.kind === 'symlink' ? entry.target : entry.content;
  return [Buffer.from(`M ${MODES[entry.kind]} inline ${path}\n`), data(Buffer.from(content))];
}

function data(content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`data ${content.length}\n`), content, Buffer.from('\n')]);
}
