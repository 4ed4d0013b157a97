import { endpoints } from './endpoints.ts';
import { metrics } from './metrics.ts';
import { projectFiles } from './project-files.ts';
import { requests } from './requests.ts';
import type { Row } from './row.ts';
import { variables } from './variables.ts';

/** What became of every item of the guide. */
export const rows: readonly Row[] = [...variables, ...endpoints, ...metrics, ...projectFiles, ...requests];
