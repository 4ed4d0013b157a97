import { requireOwner, requireRepo } from './repository-path.ts';
import { invalidQuery } from './row-failure.ts';

export interface CodeSearchQuery {
  readonly queryTerms: readonly string[];
  readonly owner?: string | undefined;
  readonly repo?: string | undefined;
  readonly language?: string | undefined;
  readonly extension?: string | undefined;
  readonly filename?: string | undefined;
  readonly path?: string | undefined;
  readonly match?: 'file' | 'path' | undefined;
}

/** GitHub refuses longer texts; qualifiers do not count. docs.github.com, REST, "Search". */
const MAX_TERM_LENGTH = 256;
const OPERATOR = /^(?:AND|OR|NOT)$/i;

/**
 * Builds `q` of GitHub's code search: all terms must match. A term is always one word or one quoted phrase, so it
 * cannot carry a qualifier (`repo:…`), an operator or a second term; a qualifier's value is checked or quoted.
 *
 * @throws RowFailure for names out of grammar, terms of punctuation only, and terms of more than 256 characters.
 */
export function buildCodeSearchQuery(query: CodeSearchQuery): string {
  const terms = query.queryTerms.map(toTerm).join(' ');
  if (terms.length > MAX_TERM_LENGTH) {
    throw invalidQuery('the terms with their quotes are longer than the 256 characters GitHub searches for');
  }
  return [terms, ...qualifiers(query)].join(' ');
}

function toTerm(term: string): string {
  const text = toPhrase(term, 'queryTerms');
  if (!/[\p{L}\p{N}_]/u.test(text)) {
    throw invalidQuery('each of queryTerms needs a letter or digit: GitHub ignores punctuation');
  }
  return /^[\p{L}\p{N}_]+$/u.test(text) && !OPERATOR.test(text) ? text : `"${text}"`;
}

// GitHub's engine ignores quotes and backslashes within a text. Taking them out leaves nothing that could end a quoted
// phrase, however the engine reads escapes.
function toPhrase(value: string, field: string): string {
  const text = value.replace(/["\\\s]+/g, ' ').trim();
  if (text === '' || /\p{Cc}/u.test(text) || !text.isWellFormed()) {
    throw invalidQuery(`${field} must not be empty and must not hold control characters`);
  }
  return text;
}

function qualifiers(query: CodeSearchQuery): string[] {
  const { owner, repo, language, extension, filename, path, match } = query;
  const parts: string[] = [];
  if (repo !== undefined) {
    if (owner === undefined) throw invalidQuery('repo needs owner');
    parts.push(`repo:${requireOwner(owner)}/${requireRepo(repo)}`);
  } else if (owner !== undefined) parts.push(`user:${requireOwner(owner)}`);
  if (language !== undefined) parts.push(`language:${requireLanguage(language)}`);
  if (extension !== undefined) parts.push(`extension:${requireExtension(extension)}`);
  if (filename !== undefined) parts.push(`filename:${toValue(filename, 'filename')}`);
  if (path !== undefined) parts.push(`path:${toValue(path, 'path')}`);
  if (match !== undefined) parts.push(`in:${match}`);
  return parts;
}

function requireLanguage(language: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9 +#.'()*-]*$/.test(language)) {
    throw invalidQuery('language must be the name of a language, such as TypeScript or C++');
  }
  return language.includes(' ') ? `"${language}"` : language;
}

function requireExtension(extension: string): string {
  const bare = extension.replace(/^\./, '');
  if (/^[A-Za-z0-9_+-]+$/.test(bare)) return bare;
  throw invalidQuery('extension must be a file name’s ending without a dot, such as ts');
}

function toValue(value: string, field: string): string {
  const text = toPhrase(value, field);
  return /^[A-Za-z0-9_./@+-]+$/.test(text) ? text : `"${text}"`;
}
