import { execFile } from 'node:child_process';
import { devNull } from 'node:os';

const LARGEST_OUTPUT = 256 * 1024 * 1024;

/** Runs the `git` program in a bare repository and gives its output. @throws when it is missing or fails. */
export async function git(
  directory: string,
  args: readonly string[],
  input: Buffer | string = '',
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const child = execFile(
    'git',
    ['--git-dir', directory, ...args],
    { encoding: 'buffer', maxBuffer: LARGEST_OUTPUT, env: environment() },
    (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`git ${args[0] ?? ''} failed`, { cause: error }));
    },
  );
  // A git that stops early closes its input; its exit status says why.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return await promise;
}

/** Nothing of the machine's own git settings, nor of a repository this process may run in. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: devNull };
}
