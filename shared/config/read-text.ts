import { describeSecret, quoteFound } from './fault.ts';
import type { FieldDescription } from './field.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns a file's text; throws when it cannot be read. */
export type ReadFile = (path: string) => string;

const READABLE = 'Name a file that this process can read and that is not empty.';

/** The text that stands for a variable, with the name of the variable it really came from. */
export type FoundText =
  | { readonly kind: 'absent'; readonly name: string }
  | { readonly kind: 'text'; readonly name: string; readonly text: string; readonly path?: string }
  | {
      readonly kind: 'fault';
      readonly name: string;
      readonly found: string;
      readonly problem: string;
      /** In place of the field's own, which is about the value. */
      readonly remedy?: string;
    };

/** The variable that names the file of a secret. */
export function fileVariable(env: string): string {
  return `${env}_FILE`;
}

/** Finds the text of a field: the variable itself, the file it names, or for a secret the file `<env>_FILE` names. */
export function readText(field: FieldDescription, env: Environment, readFile: ReadFile): FoundText {
  const name = field.env;
  const own = valueOf(env, name);
  if (field.readsFile) return own === undefined ? { kind: 'absent', name } : fromFile(name, own, readFile);
  if (!field.secret) return own === undefined ? { kind: 'absent', name } : { kind: 'text', name, text: own };

  const fileName = fileVariable(name);
  const path = valueOf(env, fileName);
  if (own !== undefined && path !== undefined) {
    const found = `${name} ${describeSecret(own)}, and ${fileName} ${quoteFound(path)}`;
    return {
      kind: 'fault',
      name,
      found,
      problem: `is set twice, by itself and by ${fileName}`,
      remedy: 'Remove one of them.',
    };
  }
  if (path !== undefined) {
    const text = fromFile(fileName, path, readFile);
    return text.kind === 'fault' ? { ...text, remedy: READABLE } : text;
  }
  return own === undefined ? { kind: 'absent', name } : { kind: 'text', name, text: own };
}

function valueOf(env: Environment, name: string): string | undefined {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  return value === '' ? undefined : value;
}

function fromFile(name: string, path: string, readFile: ReadFile): FoundText {
  let content: string;
  try {
    content = readFile(path);
  } catch (error) {
    const problem = `names a file that cannot be read: ${errorCode(error)}`;
    return { kind: 'fault', name, found: quoteFound(path), problem };
  }
  // Editors and `echo` end a file with one line break that is no part of the secret.
  const text = content.replace(/\r?\n$/, '');
  if (text === '') {
    return {
      kind: 'fault',
      name,
      found: quoteFound(path),
      problem: 'names a file that is empty',
    };
  }
  return { kind: 'text', name, text, path };
}

/** A code such as ENOENT; an error's message could repeat what was read. */
function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown error';
}
