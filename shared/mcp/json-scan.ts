/** Limits of a message body; a genuine call stays far below all of them. */
const MAX_DEPTH = 64;
const MAX_MEMBERS = 10_000;
const MAX_NUMBER_CHARACTERS = 64;

export type ScanFault =
  'too_deep' | 'too_many_members' | 'number_too_long' | 'duplicate_key' | 'lone_surrogate';

/** An open object with the keys seen so far, or an open array. */
interface Frame {
  readonly keys: Set<string> | undefined;
  /** True while the next string is a key. */
  expectsKey: boolean;
}

interface Scan {
  readonly stack: Frame[];
  members: number;
}

/**
 * Looks over a JSON text that already parsed. A repeated key is refused because two parsers may keep different
 * ones: what was checked here would not be what a worker executes.
 */
export function scanJson(text: string): ScanFault | undefined {
  const scan: Scan = { stack: [], members: 0 };
  let at = 0;
  while (at < text.length) {
    const end = tokenEnd(text, at);
    const fault = takeToken(scan, text.slice(at, end));
    if (fault !== undefined) return fault;
    at = end;
  }
  return undefined;
}

function takeToken(scan: Scan, token: string): ScanFault | undefined {
  const frame = scan.stack.at(-1);
  switch (token[0]) {
    case '{':
    case '[':
      return open(scan, token === '{');
    case '}':
    case ']':
      scan.stack.pop();
      return undefined;
    case ',':
      if (frame?.keys !== undefined) frame.expectsKey = true;
      return countMember(scan);
    case '"':
      return judgeString(token, frame);
    default:
      return token.length > MAX_NUMBER_CHARACTERS ? 'number_too_long' : undefined;
  }
}

function open(scan: Scan, isObject: boolean): ScanFault | undefined {
  if (scan.stack.length >= MAX_DEPTH) return 'too_deep';
  scan.stack.push({ keys: isObject ? new Set() : undefined, expectsKey: isObject });
  return countMember(scan);
}

function countMember(scan: Scan): ScanFault | undefined {
  scan.members += 1;
  return scan.members > MAX_MEMBERS ? 'too_many_members' : undefined;
}

function judgeString(token: string, frame: Frame | undefined): ScanFault | undefined {
  const isKey = frame?.expectsKey === true;
  if (!isKey && !token.includes('\\u')) return undefined;
  const value = JSON.parse(token) as string;
  if (!value.isWellFormed()) return 'lone_surrogate';
  if (!isKey) return undefined;
  if (frame.keys?.has(value) === true) return 'duplicate_key';
  frame.keys?.add(value);
  frame.expectsKey = false;
  return undefined;
}

/** The end of the token that starts at `start`: a whole string or number, else one character. */
function tokenEnd(text: string, start: number): number {
  const first = text[start] ?? '';
  if (first === '"') return endOfString(text, start);
  return /[-0-9]/.test(first) ? endOfNumber(text, start) : start + 1;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && /[0-9eE+.-]/.test(text[at] ?? '')) at += 1;
  return at;
}
