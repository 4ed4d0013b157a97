// Writes deploy/configuration.md: `npm run docs`.

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { configurationReference } from './configuration-reference.ts';

const target = fileURLToPath(new URL('configuration.md', import.meta.url));
await writeFile(target, configurationReference());
