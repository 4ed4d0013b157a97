import { occurrencesOf } from './code-search-query.ts';
import type { CodeQuery } from './code-search-query.ts';
import type { GitRepository } from './git-repository.ts';

/** Larger files are not searched. */
const SEARCHED_BYTES = 384 * 1024;
const MAX_FRAGMENTS = 2;

export interface TextMatch {
  readonly property: 'content' | 'path';
  readonly fragment: string;
  readonly matches: readonly { readonly text: string; readonly indices: readonly [number, number] }[];
}

export interface FoundFile {
  readonly path: string;
  readonly sha: string;
  readonly textMatches: readonly TextMatch[];
}

const LANGUAGES: Readonly<Record<string, readonly string[]>> = {
  typescript: ['ts', 'tsx', 'mts', 'cts'],
  javascript: ['js', 'jsx', 'mjs', 'cjs'],
  markdown: ['md'],
  text: ['txt'],
};

/** Searches the files of one commit. */
export async function searchFiles(
  git: GitRepository,
  commit: string,
  query: CodeQuery,
): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for (const { path, sha, size, kind } of (await git.tree(commit)).values()) {
    if (kind !== 'file' || size > SEARCHED_BYTES || !passesQualifiers(path, query)) continue;
    const content = (await git.blob(sha)).toString('utf8');
    const textMatches = content.includes('\0') ? undefined : matchFile({ path, content }, query);
    if (textMatches !== undefined) found.push({ path, sha, textMatches });
  }
  return found;
}

function passesQualifiers(path: string, query: CodeQuery): boolean {
  const name = path.split('/').at(-1) ?? '';
  const extension = name.includes('.') ? (name.split('.').at(-1) ?? '') : '';
  return query.qualifiers.every(({ name: qualifier, value }) => {
    const wanted = value.toLowerCase();
    switch (qualifier) {
      case 'extension':
        return extension.toLowerCase() === wanted;
      case 'language':
        return LANGUAGES[wanted]?.includes(extension.toLowerCase()) === true;
      case 'filename':
        return name.toLowerCase().includes(wanted);
      case 'path':
        return `${path.toLowerCase()}/`.startsWith(`${wanted.replace(/^\/|\/$/g, '')}/`);
      default:
        return true;
    }
  });
}

/** The matches of a file in which every term occurs, or undefined. */
function matchFile(file: { path: string; content: string }, query: CodeQuery): TextMatch[] | undefined {
  const places = query.qualifiers
    .filter(({ name }) => name === 'in')
    .flatMap(({ value }) => value.split(','));
  // Without `in:`, contents only.
  const properties = (['content', 'path'] as const).filter((property) =>
    property === 'path' ? places.includes('path') : places.includes('file') || places.length === 0,
  );
  const occurs = (words: readonly string[]): boolean =>
    properties.some((property) => occurrencesOf(textOf(file, property), words).length > 0);
  if (!query.terms.every(occurs) || query.excluded.some(occurs)) return undefined;
  return properties.flatMap((property) => fragmentsOf(textOf(file, property), property, query));
}

function textOf(file: { path: string; content: string }, property: 'content' | 'path'): string {
  return file[property];
}

/** The lines around the first occurrences, with the occurrences' places in them. */
function fragmentsOf(text: string, property: 'content' | 'path', query: CodeQuery): TextMatch[] {
  const places = query.terms
    .flatMap((words) => occurrencesOf(text, words))
    .sort((left, right) => left.start - right.start);
  const fragments: TextMatch[] = [];
  let covered = -1;
  for (const { start } of places) {
    if (start < covered || fragments.length === MAX_FRAGMENTS) continue;
    const from = text.lastIndexOf('\n', start - 1) + 1;
    covered = endOfLines(text, start, 3);
    const inside = places.filter((each) => each.start >= from && each.end <= covered);
    fragments.push({
      property,
      fragment: text.slice(from, covered),
      matches: inside.map((each) => ({
        text: text.slice(each.start, each.end),
        indices: [each.start - from, each.end - from],
      })),
    });
  }
  return fragments;
}

function endOfLines(text: string, from: number, lines: number): number {
  let end = from;
  for (let line = 0; line < lines; line += 1) {
    const next = text.indexOf('\n', end + (line === 0 ? 0 : 1));
    if (next === -1) return text.length;
    end = next;
  }
  return end;
}
