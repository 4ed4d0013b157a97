import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cruise, repository } from './depcruise.ts';
import type { CruiseReport } from './depcruise.ts';
import { ALLOWED_IMPORTS, LEAVES, PLANTED_VIOLATIONS } from './planted-violations.ts';

const rules = z
  .object({ forbidden: z.array(z.object({ name: z.string() })) })
  .parse(createRequire(import.meta.url)('../tooling/import-rules.cjs'));

describe('the import rules on this repository', () => {
  it('are kept by every module, and modules were really read', async () => {
    const report = await cruise(repository);
    expect(report.violations).toEqual([]);
    expect(report.modules).toBeGreaterThan(30);
  });
});

describe('the import rules on a tree with planted violations', () => {
  let tree: string;
  let report: CruiseReport;

  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(tree, file)), { recursive: true });
    await writeFile(join(tree, file), text);
  };

  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'octocode-import-rules-'));
    await symlink(join(repository, 'node_modules'), join(tree, 'node_modules'));
    await copyFile(join(repository, 'tsconfig.json'), join(tree, 'tsconfig.json'));
    await writeFile(join(tree, 'package.json'), '{"type":"module"}');
    for (const file of LEAVES) await write(file, 'export {};\n');
    for (const { file, imports } of [...PLANTED_VIOLATIONS, ...ALLOWED_IMPORTS]) {
      await write(file, `import '${imports}';\n`);
    }
    await write('shared/mcp/cycle-two.ts', "import './cycle-one.ts';\n");
    report = await cruise(tree);
  });

  afterAll(() => rm(tree, { recursive: true, force: true }));

  it.each(PLANTED_VIOLATIONS)('$rule catches $file importing $imports', ({ rule, file }) => {
    const caughtUnder = report.violations.filter(({ from }) => from === file).map((each) => each.rule);
    expect(caughtUnder).toContain(rule);
  });

  it.each(ALLOWED_IMPORTS)('nothing forbids $file importing $imports', ({ file }) => {
    expect(report.violations.filter(({ from }) => from === file)).toEqual([]);
  });

  it('has a planted violation for every rule', () => {
    const planted = new Set(PLANTED_VIOLATIONS.map(({ rule }) => rule));
    expect([...planted].sort()).toEqual(rules.forbidden.map(({ name }) => name).sort());
  });
});
