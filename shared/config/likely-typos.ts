import type { ConfigWarning } from './fault.ts';
import type { FieldDescription } from './field.ts';
import { fileVariable } from './read-text.ts';
import type { Environment } from './read-text.ts';

const OUR_PREFIXES = /^(?:GITHUB|MCP|OAUTH|OPS|WORKER|STORE|REDIS|VAULT|GATEWAY|ACCESS_TOKEN|REFRESH_TOKEN)_/;
const MAX_EDITS = 2;
const MIN_SHARED_WORDS = 3;

/**
 * Variables with one of our prefixes (those below, and the first word of every variable that is read) that nothing reads and that resemble one that is read: at most two
 * letters apart, or the same words with one left out or added (`GITHUB_CLIENT_ID`). What resembles nothing is left
 * alone: build systems and Kubernetes set many `GITHUB_…` and `WORKER_…` variables of their own.
 */
export function findLikelyTypos(fields: readonly FieldDescription[], env: Environment): ConfigWarning[] {
  const known = fields.flatMap((field) =>
    field.secret ? [field.env, fileVariable(field.env)] : [field.env],
  );
  const knownSet = new Set(known);
  const firstWords = new Set(known.map(firstWord));
  const hasOurPrefix = (name: string) => OUR_PREFIXES.test(name) || firstWords.has(firstWord(name));
  return Object.keys(env)
    .filter((name) => hasOurPrefix(name) && !knownSet.has(name) && name.length <= 100)
    .flatMap((name) => {
      const nearest = nearestName(name, known);
      return nearest === undefined ? [] : [{ name, nearest }];
    });
}

function firstWord(name: string): string {
  return name.split('_', 1)[0] ?? name;
}

function nearestName(name: string, known: readonly string[]): string | undefined {
  const byEdits = known
    .map((candidate) => ({ candidate, edits: editDistance(name, candidate) }))
    .filter(({ edits }) => edits <= MAX_EDITS)
    .sort((left, right) => left.edits - right.edits)[0]?.candidate;
  return byEdits ?? known.find((candidate) => differByOneWord(name, candidate));
}

function differByOneWord(left: string, right: string): boolean {
  const [short, long] = [left.split('_'), right.split('_')].sort((one, two) => one.length - two.length);
  if (short === undefined || long === undefined) return false;
  if (short.length < MIN_SHARED_WORDS || long.length !== short.length + 1) return false;
  return short.every((word) => long.includes(word));
}

/** Levenshtein distance. */
export function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [row, letter] of Array.from(left).entries()) {
    const current = [row + 1];
    for (const [column, other] of Array.from(right).entries()) {
      const substitution = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      const insertion = (current[column] ?? 0) + 1;
      const deletion = (previous[column + 1] ?? 0) + 1;
      current.push(Math.min(substitution, insertion, deletion));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
