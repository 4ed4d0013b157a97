import type { CatalogueEntry } from './catalogue-entry.ts';

/** Written by `npm run docs` from worker/tools. */
export const TOOLS: readonly CatalogueEntry[] = [
  { name: 'githubSearchCode', title: 'Search code on GitHub', readOnly: true, scopes: ['repo'] },
  { name: 'githubGetFileContent', title: 'Read files on GitHub', readOnly: true, scopes: ['repo'] },
  { name: 'githubGetMe', title: 'Who am I on GitHub', readOnly: true, scopes: [] },
];
