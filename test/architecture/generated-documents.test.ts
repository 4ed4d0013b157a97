import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configurationReference } from '../../deploy/configuration-reference.ts';
import { repository } from './depcruise.ts';

it('deploy/configuration.md is what `npm run docs` writes', async () => {
  const committed = await readFile(join(repository, 'deploy/configuration.md'), 'utf8');
  expect(committed).toBe(configurationReference());
});
