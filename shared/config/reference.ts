import type { FieldDescription } from './field.ts';
import type { Fields } from './load-config.ts';
import { fileVariable } from './read-text.ts';

/** The variables of one process, under a heading of their own. */
export interface ReferenceGroup {
  readonly title: string;
  readonly introduction: string;
  readonly fields: Fields;
}

/** The Markdown reference of every variable, one table per process. */
export function renderReference(groups: readonly ReferenceGroup[]): string {
  return [
    '# Configuration',
    '',
    'Generated from the configuration schema by `npm run docs`; a test fails when it is stale.',
    '',
    'Every setting is an environment variable. An empty variable counts as unset. Faults are reported all at',
    'once, before any port opens. A secret may instead be given by a file that the variable with `_FILE` appended',
    'names; one trailing line break of the file is ignored, and setting both is a fault. Such a file may change while',
    'the process runs: [secret-rotation.md](secret-rotation.md).',
    '',
    ...groups.flatMap(renderGroup),
  ].join('\n');
}

function renderGroup({ title, introduction, fields }: ReferenceGroup): string[] {
  return [
    `## ${title}`,
    '',
    introduction,
    '',
    '| Name | Meaning | Default | Unit | Secret | From file |',
    '|---|---|---|---|---|---|',
    ...Object.values(fields).map((field) => row(field, field.documentedDefault)),
    '',
  ];
}

function row(field: FieldDescription, documentedDefault: string): string {
  const fromFile = field.secret ? `\`${fileVariable(field.env)}\`` : field.readsFile ? 'names a file' : '';
  const cells = [
    `\`${field.env}\``,
    field.description,
    documentedDefault,
    field.unit ?? '',
    field.secret ? 'yes' : '',
    fromFile,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}
