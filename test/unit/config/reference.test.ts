import { expect, it } from 'vitest';
import { z } from 'zod';
import { defaultedField, optionalField, renderReference } from '../../../shared/config/index.ts';

it('renderReference lists name, meaning, default, unit, secrecy and file of each variable', () => {
  const fields = {
    wait: defaultedField({
      env: 'WAIT',
      schema: z.string(),
      default: '5',
      unit: 'seconds',
      description: 'How long | to wait.',
      remedy: '',
    }),
    secret: optionalField({
      env: 'SECRET',
      schema: z.string(),
      whenAbsent: 'none',
      secret: true,
      description: 'Secret.',
      remedy: '',
    }),
    roots: optionalField({
      env: 'ROOTS',
      schema: z.string(),
      whenAbsent: 'none',
      readsFile: true,
      description: 'Roots.',
      remedy: '',
    }),
  };
  const text = renderReference([{ title: 'Process', introduction: 'Read by it.', fields }]);
  expect(text.slice(text.indexOf('## Process'))).toBe(
    [
      '## Process',
      '',
      'Read by it.',
      '',
      '| Name | Meaning | Default | Unit | Secret | From file |',
      '|---|---|---|---|---|---|',
      '| `WAIT` | How long \\| to wait. | `5` | seconds |  |  |',
      '| `SECRET` | Secret. | none |  | yes | `SECRET_FILE` |',
      '| `ROOTS` | Roots. | none |  |  | names a file |',
      '',
    ].join('\n'),
  );
});
