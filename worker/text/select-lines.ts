/** Lines of a file, counted from 1, both ends included. */
export interface LineRange {
  readonly startLine: number;
  readonly endLine: number;
}

/** Which part of a file a query asks for. */
export type LineSelection =
  | { readonly kind: 'all' }
  | { readonly kind: 'lines'; readonly startLine: number; readonly endLine: number }
  | {
      readonly kind: 'matches';
      readonly matchString: string;
      readonly contextLines: number;
      readonly caseSensitive: boolean;
    };

export interface SelectedLines {
  /** The lines of all ranges; a line `--` between ranges, as grep writes it. */
  readonly content: string;
  readonly ranges: readonly LineRange[];
  readonly totalLines: number;
  /** Lines that contain the text, also those beyond the ranges; for `matches` only. */
  readonly matches?: number;
  /** The last of them. */
  readonly lastMatch?: number | undefined;
}

/** A text that occurs on every second line must not make the answer longer than the file. */
const MAX_RANGES = 100;

/** Picks lines of a text; no range when nothing matches or the lines lie beyond the end. Pure. */
export function selectLines(text: string, selection: LineSelection): SelectedLines {
  const lines = splitLines(text);
  const totalLines = lines.length;
  if (selection.kind === 'all') {
    return {
      content: text,
      ranges: totalLines === 0 ? [] : [{ startLine: 1, endLine: totalLines }],
      totalLines,
    };
  }
  if (selection.kind === 'lines') {
    const { startLine } = selection;
    const endLine = Math.min(selection.endLine, totalLines);
    const ranges = startLine > endLine ? [] : [{ startLine, endLine }];
    return { content: join(lines, ranges), ranges, totalLines };
  }
  const found = matchingLines(lines, selection);
  const ranges = toRanges(found, selection.contextLines, totalLines);
  return { content: join(lines, ranges), ranges, totalLines, matches: found.length, lastMatch: found.at(-1) };
}

// A line end closes a line; it does not open another one.
function splitLines(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function matchingLines(
  lines: readonly string[],
  { matchString, caseSensitive }: { matchString: string; caseSensitive: boolean },
): number[] {
  const fold = (value: string) => (caseSensitive ? value : value.toLowerCase());
  const wanted = fold(matchString);
  return lines.flatMap((line, index) => (fold(line).includes(wanted) ? [index + 1] : []));
}

function toRanges(matches: readonly number[], context: number, totalLines: number): LineRange[] {
  const ranges: { startLine: number; endLine: number }[] = [];
  for (const line of matches) {
    const startLine = Math.max(1, line - context);
    const endLine = Math.min(totalLines, line + context);
    const last = ranges.at(-1);
    if (last !== undefined && startLine <= last.endLine + 1) last.endLine = endLine;
    else if (ranges.length < MAX_RANGES) ranges.push({ startLine, endLine });
    else break;
  }
  return ranges;
}

function join(lines: readonly string[], ranges: readonly LineRange[]): string {
  return ranges
    .map(({ startLine, endLine }) => lines.slice(startLine - 1, endLine).join('\n'))
    .join('\n--\n');
}

export interface TextWindow {
  readonly content: string;
  /** UTF-16 code units, as in every offset here; may be one less than asked, so that no character is halved. */
  readonly charOffset: number;
  readonly totalChars: number;
  readonly nextCharOffset: number | null;
}

/** Cuts a part of the selected content. Pure; an offset beyond the end gives an empty part. */
export function windowOf(content: string, offset: number, length: number): TextWindow {
  const start = wholeCharacter(content, Math.min(offset, content.length));
  const end = wholeCharacter(content, Math.min(start + Math.max(length, 2), content.length));
  return {
    content: content.slice(start, end),
    charOffset: start,
    totalChars: content.length,
    nextCharOffset: end < content.length ? end : null,
  };
}

function wholeCharacter(text: string, index: number): number {
  const splitsPair =
    /[\ud800-\udbff]/.test(text.charAt(index - 1)) && /[\udc00-\udfff]/.test(text.charAt(index));
  return splitsPair ? index - 1 : index;
}
