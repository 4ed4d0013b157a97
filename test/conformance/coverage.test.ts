import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { REQUIREMENTS } from './requirements.ts';

/** The ids that a source really cites: calls in code, not words in comments or strings. */
function citedIds(source: string): string[] {
  const ids: string[] = [];
  const visit = (node: ts.Node) => {
    if (
      ts.isCallExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === 'verifies'
    ) {
      const [id] = node.arguments;
      ids.push(id !== undefined && ts.isStringLiteral(id) ? id.text : '(not a literal)');
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('test.ts', source, ts.ScriptTarget.Latest));
  return ids;
}

const files = globSync('*.test.ts', { cwd: import.meta.dirname }).filter(
  (name) => name !== 'coverage.test.ts',
);
const sources = files.map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'));
const cited = new Set(sources.flatMap(citedIds));
const withStatus = (status: string) =>
  REQUIREMENTS.filter((each) => each.status === status).map(({ id }) => id);

describe('the requirements of the MCP specification', () => {
  it('have one entry each, with a sentence about it', () => {
    const ids = REQUIREMENTS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { behavior, source } of REQUIREMENTS) {
      expect(behavior).toMatch(/^[\p{L}].{20,}\.$/u);
      expect(source).not.toBe('');
    }
  });

  it('are each proved by a test, unless they are for later', () => {
    expect(withStatus('tested').filter((id) => !cited.has(id))).toEqual([]);
  });

  it('are all that tests cite', () => {
    const known = withStatus('tested');
    expect([...cited].filter((id) => !known.includes(id))).toEqual([]);
  });

  it('are cited in every conformance file, and no file is skipped', () => {
    expect(files.length).toBeGreaterThanOrEqual(7);
    for (const [index, source] of sources.entries()) {
      expect(citedIds(source).length, files[index]).toBeGreaterThan(0);
      expect(source, files[index]).not.toMatch(/\.(?:skip|only|todo)\b/);
    }
  });

  it('for later say why', () => {
    for (const each of REQUIREMENTS)
      if (each.status === 'later') expect(each.reason.length).toBeGreaterThan(5);
  });
});

describe('the scan for cited requirements', () => {
  it('sees calls however they are laid out, and nothing in comments and strings', () => {
    const source = `
      // verifies('X1', 'x', run);
      const text = "verifies('X2', 'x')";
      verifies(
        'D1',
        'title', run);
      for (const a of b) { verifies("D2", a, run) }
      verifies(variable, 'x', run);`;
    expect(citedIds(source)).toEqual(['D1', 'D2', '(not a literal)']);
  });
});
