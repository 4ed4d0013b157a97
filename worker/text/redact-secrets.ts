/** How many secrets of one kind were taken out. */
export interface Redaction {
  readonly kind: string;
  readonly count: number;
}

export interface RedactedText {
  /** As many lines as before: line numbers stay true. */
  readonly text: string;
  readonly redactions: readonly Redaction[];
}

type Count = (kind: string) => string;

/**
 * Takes credentials out of repository text before a model reads it: private keys, GitHub tokens, AWS keys, JWTs, and
 * quoted or `.env` values of names such as `password`. Pure, total, and linear in the text: every pattern is bounded.
 *
 * The last kind is conservative: a value that looks like a placeholder or a name stays, because code that cannot be
 * read is of no use. It is a net for accidents, not a wall.
 */
export function redactSecrets(text: string): RedactedText {
  const counts = new Map<string, number>();
  const count: Count = (kind) => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return `[REDACTED-${kind.toUpperCase()}]`;
  };
  const steps = [redactPrivateKeys, redactJwts, redactKnownTokens, redactAssignments, redactEnvironment];
  const redacted = steps.reduce((rest, step) => step(rest, count), text);
  return { text: redacted, redactions: [...counts].map(([kind, total]) => ({ kind, count: total })) };
}

const KEY_MARK = /-----(BEGIN|END) (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----/g;
/** What tells a key from prose about keys. */
const KEY_MATERIAL = /[A-Za-z0-9+/=]{30}/;
const LONGEST_KEY = 32_768;
/**
 * A key without its other mark ends where this does: long words of base64, blanks, and what a string literal puts
 * between; the last line of a key may be short. The count bounds what a hostile text can cost.
 */
const KEY_BODY = /^[\s\\"']*[A-Za-z0-9+/=]*(?:[\s\\"']|[A-Za-z0-9+/=]{16,}){0,4000}/;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Whole keys, and those whose beginning or end lies outside the text, as in a fragment of a search. */
function redactPrivateKeys(text: string, count: Count): string {
  const marks = [...text.matchAll(KEY_MARK)];
  const spans: Span[] = [];
  for (const [index, mark] of marks.entries()) {
    if (mark.index < (spans.at(-1)?.end ?? 0)) continue;
    const span =
      mark[1] === 'BEGIN'
        ? spanFromBegin(text, mark, marks[index + 1])
        : spanToEnd(text, mark, endOf(marks[index - 1]));
    if (KEY_MATERIAL.test(text.slice(span.start, span.end))) spans.push(span);
  }
  return replaceSpans(text, spans, () => count('private-key'));
}

function spanFromBegin(text: string, mark: RegExpExecArray, next: RegExpExecArray | undefined): Span {
  const start = mark.index;
  const isWhole = next?.[1] === 'END' && next.index - start <= LONGEST_KEY;
  if (isWhole) return { start, end: endOf(next) };
  const rest = text.slice(endOf(mark), Math.min(next?.index ?? text.length, endOf(mark) + LONGEST_KEY));
  return { start, end: endOf(mark) + lengthOfBody(rest) };
}

function spanToEnd(text: string, mark: RegExpExecArray, floor: number): Span {
  const before = text.slice(Math.max(floor, mark.index - LONGEST_KEY), mark.index);
  const backwards = before.split('').reverse().join('');
  return { start: mark.index - lengthOfBody(backwards), end: endOf(mark) };
}

function lengthOfBody(text: string): number {
  return KEY_BODY.exec(text)?.[0].length ?? 0;
}

function endOf(mark: RegExpExecArray | undefined): number {
  return mark === undefined ? 0 : mark.index + mark[0].length;
}

function replaceSpans(text: string, spans: readonly Span[], replacement: () => string): string {
  let at = 0;
  const parts: string[] = [];
  for (const { start, end } of spans) {
    const lineEnds = text.slice(start, end).replace(/[^\n]+/g, '');
    parts.push(text.slice(at, start), replacement(), lineEnds);
    at = end;
  }
  return parts.join('') + text.slice(at);
}

const TOKEN_RUN = /[A-Za-z0-9_.-]{30,}/g;
const SHORTEST_JWT_PART = 10;

// Run by run and part by part: one pattern over the whole text could be made slow with `eyJeyJeyJ…`.
function redactJwts(text: string, count: Count): string {
  return text.replace(TOKEN_RUN, (run) => {
    if (!run.includes('.eyJ')) return run;
    const parts = run.split('.');
    const kept: string[] = [];
    for (let index = 0; index < parts.length; index += 1) {
      const part = parts[index] ?? '';
      const start = part.indexOf('eyJ');
      if (start >= 0 && part.length - start >= SHORTEST_JWT_PART && isJwtRest(parts, index)) {
        kept.push(part.slice(0, start) + count('jwt'));
        index += 2;
      } else kept.push(part);
    }
    return kept.join('.');
  });
}

function isJwtRest(parts: readonly string[], index: number): boolean {
  const payload = parts[index + 1] ?? '';
  const signature = parts[index + 2] ?? '';
  return payload.startsWith('eyJ') && [payload, signature].every((part) => part.length >= SHORTEST_JWT_PART);
}

const KNOWN_TOKENS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['github-token', /gh[pousr]_[A-Za-z0-9_]{30,255}|github_pat_[A-Za-z0-9_]{22,255}/g],
  ['aws-key', /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/g],
  [
    'aws-key',
    /(?<=aws_?(?:secret_?)?(?:access_?)?key["']?[ \t]{0,4}[:=][ \t]{0,4}["']?)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/gi,
  ],
];

function redactKnownTokens(text: string, count: Count): string {
  return KNOWN_TOKENS.reduce((rest, [kind, pattern]) => rest.replace(pattern, () => count(kind)), text);
}

const SECRET_NAME =
  'password|passwd|pwd|passphrase|secret|api[_-]?key|access[_-]?token|auth[_-]?token|private[_-]?key';
const ASSIGNMENT = new RegExp(
  `((?:${SECRET_NAME})["'\`]?[ \\t]{0,4}(?:=>|:=|[:=])[ \\t]{0,4})(["'\`])([^\\s"'\`]{8,256})\\2`,
  'gi',
);
const ENVIRONMENT = new RegExp(
  `^((?:export[ \\t]{1,4})?[A-Z0-9_]{0,60}(?:${SECRET_NAME}|token)[ \\t]{0,4}=[ \\t]{0,4})([^\\s"'\`]{12,256})[ \\t]{0,8}$`,
  'gim',
);

/** A call, an index or a member: code that names a secret, not one. */
const CODE = /[([]|^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+[;,]?$/;

function redactAssignments(text: string, count: Count): string {
  return text.replace(ASSIGNMENT, (all: string, name: string, quote: string, value: string) =>
    looksSecret(value) ? `${name}${quote}${count('assigned-secret')}${quote}` : all,
  );
}

function redactEnvironment(text: string, count: Count): string {
  return text.replace(ENVIRONMENT, (all: string, name: string, value: string) =>
    looksSecret(value) && !CODE.test(value) ? `${name}${count('assigned-secret')}` : all,
  );
}

const PLACEHOLDER =
  /[${}<>%]|\*\*\*|\.\.\.|x{4}|example|placeholder|change-?me|your[_-]|dummy|process\.env|^\[REDACTED/i;

/** Letters and digits, and no sign of a template, a reference or a stand-in. */
function looksSecret(value: string): boolean {
  return /\d/.test(value) && /[A-Za-z]/.test(value) && !PLACEHOLDER.test(value);
}
