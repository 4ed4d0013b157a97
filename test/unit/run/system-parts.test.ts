import { describe, expect, it } from 'vitest';
import type { RunCommand } from '../../run/command.ts';
import { ensureSystemParts } from '../../run/system-parts.ts';

const redis = {
  name: 'Redis',
  binary: 'redis-server',
  debianPackage: 'redis-server',
  neededBy: 'test/integration',
};

/** A host that has some programs; an installation adds what `installable` names. */
function fakeHost(programs: readonly string[], installable: readonly string[] = []) {
  const present = new Set(programs);
  const commands: string[] = [];
  const run: RunCommand = async (command, args) => {
    if (command === 'sh') return { exitCode: present.has(args.at(-1) ?? '') ? 0 : 1, output: '' };
    commands.push([command, ...args].join(' '));
    if (args.includes('install')) installable.forEach((program) => present.add(program));
    return { exitCode: 0, output: 'said apt-get' };
  };
  return { run, commands };
}

describe('ensureSystemParts', () => {
  it('touches nothing when every part is there', async () => {
    const { run, commands } = fakeHost(['redis-server', 'apt-get']);
    expect(await ensureSystemParts([redis], { run, isRoot: true })).toEqual({ ok: true, output: '' });
    expect(commands).toEqual([]);
  });

  it('installs a missing part when it is root on Debian', async () => {
    const { run, commands } = fakeHost(['apt-get'], ['redis-server']);
    const result = await ensureSystemParts([redis], { run, isRoot: true });
    expect(result).toEqual({ ok: true, output: 'installed redis-server' });
    expect(commands.at(-1)).toMatch(/apt-get install .*redis-server$/);
  });

  it.each([
    { who: 'not root', isRoot: false, programs: ['apt-get'] },
    { who: 'root without apt-get', isRoot: true, programs: [] },
  ])('names the missing part exactly and fails when it is $who', async ({ isRoot, programs }) => {
    const { run, commands } = fakeHost(programs, ['redis-server']);
    const result = await ensureSystemParts([redis], { run, isRoot });
    expect(result.ok).toBe(false);
    expect(result.output).toContain('Debian package redis-server), needed by test/integration');
    expect(commands).toEqual([]);
  });

  it('fails when the installation did not bring the part', async () => {
    const { run } = fakeHost(['apt-get']);
    const result = await ensureSystemParts([redis], { run, isRoot: true });
    expect(result.ok).toBe(false);
    expect(result.output).toContain('missing: Redis');
  });
});
