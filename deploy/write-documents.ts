// Writes every generated document: `npm run docs`.

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { generatedDocuments } from './generated-documents.ts';

for (const { path, render } of generatedDocuments) {
  await writeFile(fileURLToPath(new URL(path, import.meta.url)), render());
}
