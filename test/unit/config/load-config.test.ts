import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  defaultedField,
  integerBetween,
  loadConfig,
  optionalField,
  requiredField,
} from '../../../shared/config/index.ts';
import type { CrossCheck, Environment } from '../../../shared/config/index.ts';

const fields = {
  size: defaultedField({
    env: 'MCP_SIZE',
    schema: integerBetween({ min: 1, max: 9 }),
    default: '3',
    description: 'Size.',
    remedy: 'Set a digit.',
  }),
  label: requiredField({
    env: 'MCP_LABEL',
    schema: z.string().max(5, 'must be short'),
    description: 'Label.',
    remedy: 'Set a label.',
  }),
  password: optionalField({
    env: 'MCP_PASSWORD',
    schema: z.string().min(4, 'must have four letters'),
    whenAbsent: 'no password',
    secret: true,
    description: 'Password.',
    remedy: 'Set a password.',
  }),
  roots: optionalField({
    env: 'MCP_ROOTS_FILE',
    schema: z.string().startsWith('PEM', 'must be PEM'),
    whenAbsent: 'the usual ones',
    readsFile: true,
    description: 'Roots.',
    remedy: 'Name a PEM file.',
  }),
};

const notFound = Object.assign(new Error('no such file, and here is a secret'), { code: 'ENOENT' });

function load(
  env: Environment,
  files: Record<string, string> = {},
  crossChecks: readonly CrossCheck<typeof fields>[] = [],
) {
  const readFile = (path: string) => {
    const content = files[path];
    if (content === undefined) throw notFound;
    return content;
  };
  return loadConfig(fields, { env, readFile, crossChecks });
}

function faultsOf(...args: Parameters<typeof load>) {
  const result = load(...args);
  return result.ok ? [] : result.faults;
}

describe('loadConfig', () => {
  it('yields typed values, defaults and absences', () => {
    const result = load({ MCP_LABEL: 'one' });
    expect(result).toEqual({
      ok: true,
      config: { size: 3, label: 'one', password: undefined, roots: undefined },
      warnings: [],
    });
  });

  it('reports every fault at once, each with name, finding and remedy', () => {
    expect(faultsOf({ MCP_SIZE: '12', MCP_PASSWORD: 'abc', MCP_ROOTS_FILE: '/none' })).toEqual([
      {
        name: 'MCP_SIZE',
        found: '"12"',
        problem: 'must be a whole number from 1 to 9',
        remedy: 'Set a digit.',
      },
      { name: 'MCP_LABEL', found: 'nothing', problem: 'is required', remedy: 'Set a label.' },
      {
        name: 'MCP_PASSWORD',
        found: 'set, 3 characters',
        problem: 'must have four letters',
        remedy: 'Set a password.',
      },
      {
        name: 'MCP_ROOTS_FILE',
        found: '"/none"',
        problem: 'names a file that cannot be read: ENOENT',
        remedy: 'Name a PEM file.',
      },
    ]);
  });

  it('counts an empty variable as unset', () => {
    const result = load({ MCP_LABEL: 'one', MCP_SIZE: '', MCP_PASSWORD: '', MCP_PASSWORD_FILE: '' });
    expect(result.ok && result.config).toMatchObject({ size: 3, password: undefined });
  });

  it('takes no value from the prototype of the environment', () => {
    const env = Object.create({ MCP_SIZE: '5' }) as Environment;
    const result = load(Object.assign(env, { MCP_LABEL: 'one' }));
    expect(result.ok && result.config.size).toBe(3);
  });

  it.each([
    { content: 'hunter2\n', secret: 'hunter2' },
    { content: 'hunter2\r\n', secret: 'hunter2' },
    { content: 'hunter2\n\n', secret: 'hunter2\n' },
    { content: ' hunter2 ', secret: ' hunter2 ' },
  ])('reads a secret from its file without one trailing line break: $content', ({ content, secret }) => {
    const result = load({ MCP_LABEL: 'one', MCP_PASSWORD_FILE: '/p' }, { '/p': content });
    expect(result.ok && result.config.password).toBe(secret);
  });

  it('refuses a secret given twice, and prints it in neither case', () => {
    const faults = faultsOf(
      { MCP_LABEL: 'one', MCP_PASSWORD: 'hunter2', MCP_PASSWORD_FILE: '/p' },
      { '/p': 'x' },
    );
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({
      name: 'MCP_PASSWORD',
      found: 'MCP_PASSWORD set, 7 characters, and MCP_PASSWORD_FILE "/p"',
      remedy: 'Remove one of them.',
    });
  });

  it.each([
    { files: {}, problem: 'names a file that cannot be read: ENOENT' },
    { files: { '/p': '\n' }, problem: 'names a file that is empty' },
    { files: { '/p': 'abc' }, problem: 'must have four letters' },
  ])('names the variable and the path when a secret’s file will not do: $problem', ({ files, problem }) => {
    const [fault, ...others] = faultsOf({ MCP_LABEL: 'one', MCP_PASSWORD_FILE: '/p' }, files);
    expect(others).toEqual([]);
    expect(fault).toMatchObject({ name: 'MCP_PASSWORD_FILE', problem });
    expect(fault?.found).toContain('"/p"');
    expect(JSON.stringify(fault)).not.toContain('abc');
  });

  it('takes no file for a value that is no secret', () => {
    expect(faultsOf({ MCP_LABEL_FILE: '/p' }, { '/p': 'one' })).toMatchObject([{ name: 'MCP_LABEL' }]);
  });

  it('gives the content, not the path, of a variable that names a file', () => {
    const result = load({ MCP_LABEL: 'one', MCP_ROOTS_FILE: '/ca' }, { '/ca': 'PEM one\n' });
    expect(result.ok && result.config.roots).toBe('PEM one');
  });

  it('runs a cross check only when every value it needs could be read', () => {
    const crossChecks = [
      { needs: ['size', 'label'] as const, check: () => [{ key: 'size' as const, problem: 'clashes' }] },
    ];
    expect(faultsOf({ MCP_LABEL: 'one' }, {}, crossChecks)).toMatchObject([
      { name: 'MCP_SIZE', problem: 'clashes', found: 'nothing', remedy: 'Set a digit.' },
    ]);
    expect(faultsOf({}, {}, crossChecks)).toMatchObject([{ name: 'MCP_LABEL', problem: 'is required' }]);
  });

  it('escapes what it found for a terminal, and cuts it', () => {
    const [fault] = faultsOf({ MCP_LABEL: `\u001b[31m\u202e\u007f${'x'.repeat(1000)}` });
    expect(fault?.found).toMatch(/^"\\u001b\[31m\\u202e\\u007fx+…"$/);
    expect(fault?.found.length).toBeLessThan(230);
  });

  it('warns of a variable that is nearly one of ours, and of no other', () => {
    const result = load({
      MCP_LABEL: 'one',
      MCP_SIZ: '4',
      MCP_PASSWORD_FIL: '/p',
      MCP_OTHER: 'x',
      PATH: '/bin',
    });
    expect(result.warnings).toEqual([
      { name: 'MCP_SIZ', nearest: 'MCP_SIZE' },
      { name: 'MCP_PASSWORD_FIL', nearest: 'MCP_PASSWORD_FILE' },
    ]);
  });
});
