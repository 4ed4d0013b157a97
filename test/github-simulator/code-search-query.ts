/** A parsed `q` of a code search. */
export interface CodeQuery {
  /** Each a sequence of words that must occur in this order. */
  readonly terms: readonly (readonly string[])[];
  readonly excluded: readonly (readonly string[])[];
  readonly qualifiers: readonly { readonly name: string; readonly value: string }[];
  /** Length of what is no qualifier. */
  readonly termLength: number;
}

const QUALIFIERS = new Set([
  'repo',
  'user',
  'org',
  'language',
  'extension',
  'filename',
  'path',
  'in',
  'size',
  'fork',
]);

const OPERATORS = new Set(['AND', 'OR', 'NOT']);

// A quoted text, `name:"quoted value"`, or a run without blanks.
const PIECE = /(-?)(?:([a-z]+):)?(?:"((?:[^"\\]|\\.)*)"|(\S+))/gi;

/** Reads `q` as GitHub's legacy engine does: punctuation within terms only separates words. */
export function parseCodeQuery(q: string): CodeQuery {
  const terms: string[][] = [];
  const excluded: string[][] = [];
  const qualifiers: { name: string; value: string }[] = [];
  const texts: string[] = [];
  for (const [text, dash, name = '', quoted, bare = ''] of q.matchAll(PIECE)) {
    if (QUALIFIERS.has(name.toLowerCase())) {
      qualifiers.push({ name: name.toLowerCase(), value: quoted ?? bare });
      continue;
    }
    const isNegated = dash === '-' || texts.at(-1) === 'NOT';
    texts.push(text);
    const words = OPERATORS.has(text) ? [] : wordsOf(quoted ?? `${name} ${bare}`);
    if (words.length > 0) (isNegated ? excluded : terms).push(words);
  }
  return { terms, excluded, qualifiers, termLength: texts.join(' ').length };
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
}

/** The places of a word sequence in a text. */
export function occurrencesOf(text: string, words: readonly string[]): { start: number; end: number }[] {
  const sequence = words.map((word) => word.replace(/[^\p{L}\p{N}_]/gu, '')).join('[^\\p{L}\\p{N}_]+');
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])${sequence}(?![\\p{L}\\p{N}_])`, 'giu');
  return [...text.matchAll(pattern)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
}
