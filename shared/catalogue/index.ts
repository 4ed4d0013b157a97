import type { CatalogueEntry } from './catalogue-entry.ts';
import { TOOLS } from './tools.ts';

const byName = new Map(TOOLS.map((tool) => [tool.name, tool]));

/** Undefined for a tool of another version's workers, of which nothing is known. */
export function toolNamed(name: string): CatalogueEntry | undefined {
  return byName.get(name);
}
