import { tools } from '../worker/tools.ts';

/** `shared/catalogue/tools.ts`: what the gateway may know of the workers' tools, as formatted source. */
export function toolCatalogue(): string {
  const entries = tools.map(({ name, title, readOnly, scopes }) => {
    const quoted = scopes.map((scope) => `'${scope}'`).join(', ');
    return `  { name: '${name}', title: '${title}', readOnly: ${String(readOnly)}, scopes: [${quoted}] },`;
  });
  return `import type { CatalogueEntry } from './catalogue-entry.ts';

/** Written by \`npm run docs\` from worker/tools. */
export const TOOLS: readonly CatalogueEntry[] = [
${entries.join('\n')}
];
`;
}
