/** Why a variable cannot be used, in terms an operator can act on. Never holds the value of a secret. */
export interface ConfigFault {
  /** The environment variable. */
  readonly name: string;
  /** What was found, ready to print: quoted, or for a secret only `set, 12 characters`. */
  readonly found: string;
  readonly problem: string;
  readonly remedy: string;
}

/** A variable that is set but that nothing reads, and whose name resembles one that is read. */
export interface ConfigWarning {
  readonly name: string;
  readonly nearest: string;
}

/** Thrown by the loaders of the processes; its message lists every fault, one a line. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly faults: readonly ConfigFault[];
  readonly warnings: readonly ConfigWarning[];

  constructor(faults: readonly ConfigFault[], warnings: readonly ConfigWarning[] = []) {
    super([...faults.map(describeFault), ...warnings.map(describeWarning)].join('\n'));
    this.faults = faults;
    this.warnings = warnings;
  }
}

/** One line: name, problem, what was found, remedy. */
function describeFault({ name, problem, found, remedy }: ConfigFault): string {
  return `${name}: ${problem} (found ${found}). ${remedy}`;
}

/** One line that names the variable nothing reads and the one probably meant. */
export function describeWarning({ name, nearest }: ConfigWarning): string {
  return `${name} is set, but nothing reads it; did you mean ${nearest}?`;
}

const LONGEST_QUOTE = 200;

/** Quotes a value for a terminal: control characters escaped, long values cut. */
export function quoteFound(value: string): string {
  const cut = value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What may be said of a secret. */
export function describeSecret(value: string): string {
  return `set, ${value.length} characters`;
}
