import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedDocuments } from '../../deploy/generated-documents.ts';
import { repository } from './depcruise.ts';

describe('a generated document', () => {
  it.each(generatedDocuments)('deploy/$path is what `npm run docs` writes', async ({ path, render }) => {
    expect(await readFile(join(repository, 'deploy', path), 'utf8')).toBe(render());
  });
});
