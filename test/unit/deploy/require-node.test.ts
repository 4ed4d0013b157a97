import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unsupportedNodeMessage } from '../../../deploy/require-node.mjs';

const guard = fileURLToPath(new URL('../../../deploy/require-node.mjs', import.meta.url));

/** Nodes of this host other than the one that runs the tests. */
const otherNodes = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']
  .map((folder) => join(folder, 'node'))
  .map((path) => ({ path, version: spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout }))
  .filter((node) => typeof node.version === 'string' && node.version.startsWith('v'))
  .map(({ path, version }) => ({ path: realpathSync(path), version: version.trim() }));

const oldNodes = [...new Map(otherNodes.map((node) => [node.path, node])).values()].filter(
  ({ version }) => Number.parseInt(version.slice(1), 10) < 24,
);

describe('unsupportedNodeMessage', () => {
  it.each(['v18.0.0', 'v20.20.2', 'v22.12.0', 'v23.11.1'])('refuses %s in one sentence', (version) => {
    const message = unsupportedNodeMessage(version);
    expect(message).toContain(`running on Node ${version}`);
    expect(message).toContain('needs Node 24');
    expect(message).toContain('npm ci');
    expect(message).not.toContain('\n');
  });

  it.each(['v24.0.0', 'v24.21.0', 'v26.10.0', 'v100.0.0'])('accepts %s', (version) => {
    expect(unsupportedNodeMessage(version)).toBeUndefined();
  });
});

describe('node --import require-node.mjs', () => {
  let folder: string;
  let typed: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'octocode-require-node-'));
    typed = join(folder, 'typed.ts');
    writeFileSync(typed, 'const answer: number = 42;\nprocess.stdout.write(`ran ${answer}`);\n');
    writeFileSync(
      join(folder, 'pretend.cjs'),
      "Object.defineProperty(process, 'version', { value: 'v20.1.2' });\n",
    );
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('runs the program under this Node', () => {
    const { status, stdout } = spawnSync(process.execPath, ['--import', guard, typed], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'ran 42' });
  });

  it('stops a process that reports an old version before the program starts', () => {
    const args = ['--require', join(folder, 'pretend.cjs'), '--import', guard, typed];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(`${unsupportedNodeMessage('v20.1.2') ?? ''}\n`);
  });

  it('is started by the Node 24 that npm ci installed', () => {
    expect(unsupportedNodeMessage(process.version)).toBeUndefined();
  });

  // One case for each old Node this host has; the pretended one above stands for hosts that have none.
  describe.each(oldNodes)('under the Node $version of this host', ({ path, version }) => {
    it('prints the one sentence and exits 1', () => {
      const { status, stdout, stderr } = spawnSync(path, ['--import', guard, typed], { encoding: 'utf8' });
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toBe(`${unsupportedNodeMessage(version) ?? ''}\n`);
    });
  });
});
