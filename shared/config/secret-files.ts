import type { SecretFile, SecretSource } from '../secrets/index.ts';
import type { Field } from './field.ts';
import type { Fields } from './load-config.ts';
import { readText } from './read-text.ts';
import type { Environment, ReadFile } from './read-text.ts';

/** The files that secrets were read from, by configuration key. */
export type SecretFiles = Readonly<Partial<Record<string, SecretFile>>>;

/** Finds the secrets that come from a file, and the files that hold some, each with how the file is read and judged again while the process runs. */
export function secretFilesOf(
  fields: Fields,
  sources: { readonly env: Environment; readonly readFile: ReadFile },
): SecretFiles {
  const files: Record<string, SecretFile> = {};
  for (const [key, field] of Object.entries(fields)) {
    const isFile = field.secret === true || field.readsFile === true;
    const found = isFile ? readText(field, sources.env, sources.readFile) : undefined;
    if (found?.kind !== 'text' || found.path === undefined) continue;
    files[key] = { variable: field.env, path: found.path, read: () => readAgain(field, sources) };
  }
  return files;
}

function readAgain(field: Field<unknown>, { env, readFile }: { env: Environment; readFile: ReadFile }) {
  const found = readText(field, env, readFile);
  if (found.kind === 'absent') return { ok: false, problem: 'is not set' } as const;
  if (found.kind === 'fault') return { ok: false, problem: found.problem } as const;
  const parsed = field.parse(found.text);
  return parsed.ok ? ({ ok: true, text: found.text } as const) : parsed;
}

interface WithSecretFiles {
  readonly secretFiles: SecretFiles;
}

/** A secret of a configuration, with the file it is to be followed in; undefined when it is not set. */
export function secretSource<K extends string>(
  config: WithSecretFiles & Readonly<Record<K, string>>,
  key: K,
): SecretSource;
export function secretSource<K extends string>(
  config: WithSecretFiles & Readonly<Record<K, string | undefined>>,
  key: K,
): SecretSource | undefined;
export function secretSource(
  config: WithSecretFiles & Readonly<Record<string, unknown>>,
  key: string,
): SecretSource | undefined {
  const text = config[key];
  return typeof text === 'string' ? { text, file: config.secretFiles[key] } : undefined;
}
