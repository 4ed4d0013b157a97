import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FixtureEntry } from './fixture-files.ts';
import { createBareRepository } from './git-fixture.ts';
import { openGitRepository } from './git-repository.ts';
import type { GitRepository } from './git-repository.ts';

export interface SimulatedRepository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly private: boolean;
  /** Logins that may read it when it is private. */
  readonly members: readonly string[];
  /** What each branch or tag holds; none makes an empty repository. The first branch is the default. */
  readonly branches: Readonly<Record<string, readonly FixtureEntry[]>>;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface Repositories {
  all(): readonly SimulatedRepository[];
  /** By owner and name in any case, as GitHub does. */
  find(owner: string, name: string): SimulatedRepository | undefined;
  /** The git repository on disk, made when it is first needed. @throws when the `git` program fails. */
  open(repository: SimulatedRepository): Promise<GitRepository>;
  /** Deletes them from disk. */
  close(): Promise<void>;
}

/** Real git repositories in a temporary folder, so that search, contents and object ids agree with each other. */
export function createRepositories(seed: readonly SimulatedRepository[]): Repositories {
  const opened = new Map<number, Promise<GitRepository>>();
  let folder: Promise<string> | undefined;
  const make = async (repository: SimulatedRepository): Promise<GitRepository> => {
    folder ??= mkdtemp(join(tmpdir(), 'github-simulator-'));
    const directory = join(await folder, `${String(repository.id)}.git`);
    await createBareRepository(directory, repository);
    return openGitRepository(directory);
  };
  return {
    all: () => seed,
    find: (owner, name) =>
      seed.find((each) => `${each.owner}/${each.name}`.toLowerCase() === `${owner}/${name}`.toLowerCase()),
    open: (repository) => {
      const held = opened.get(repository.id) ?? make(repository);
      opened.set(repository.id, held);
      return held;
    },
    close: async () => {
      await Promise.allSettled(opened.values());
      if (folder !== undefined) await rm(await folder, { recursive: true, force: true });
    },
  };
}

export function defaultBranchOf(repository: SimulatedRepository): string {
  return Object.keys(repository.branches)[0] ?? 'main';
}
