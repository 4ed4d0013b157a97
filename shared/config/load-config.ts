import { describeSecret, quoteFound } from './fault.ts';
import type { ConfigFault, ConfigWarning } from './fault.ts';
import type { Field, FieldDescription } from './field.ts';
import { findLikelyTypos } from './likely-typos.ts';
import { readText } from './read-text.ts';
import type { Environment, FoundText, ReadFile } from './read-text.ts';

/** The variables of one process: configuration key → field. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** The values that a set of fields yields. */
export type ConfigOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

/** What a cross check objects to; name, found value and remedy come from the field. */
export interface Objection<F extends Fields> {
  readonly key: keyof F & string;
  readonly problem: string;
  /** Replaces the field's own remedy. */
  readonly remedy?: string;
}

/** A rule over several values; it runs when each of them could be read by itself. */
export interface CrossCheck<F extends Fields> {
  readonly needs: readonly (keyof F & string)[];
  readonly check: (values: ConfigOf<F>) => readonly Objection<F>[];
}

export interface LoadOptions<F extends Fields> {
  readonly env: Environment;
  readonly readFile: ReadFile;
  readonly crossChecks?: readonly CrossCheck<F>[];
}

export type LoadResult<F extends Fields> =
  | { readonly ok: true; readonly config: ConfigOf<F>; readonly warnings: readonly ConfigWarning[] }
  | {
      readonly ok: false;
      readonly faults: readonly ConfigFault[];
      readonly warnings: readonly ConfigWarning[];
    };

/**
 * Reads every field from the environment and reports all faults at once, so that an operator fixes them in
 * one go. Empty variables count as unset. Nothing is thrown for a value that cannot be used.
 */
export function loadConfig<F extends Fields>(fields: F, options: LoadOptions<F>): LoadResult<F> {
  const faults: ConfigFault[] = [];
  const values = new Map<string, unknown>();
  const texts = new Map<string, FoundText>();

  for (const [key, field] of Object.entries(fields)) {
    const text = readText(field, options.env, options.readFile);
    texts.set(key, text);
    const parsed = parse(field, text);
    if (parsed.ok) values.set(key, parsed.value);
    else faults.push(faultOf(field, text, parsed.problem));
  }

  // The keys are those of `fields` and each value was parsed by its own field; a cross check sees a
  // value only after it was parsed.
  const config = Object.fromEntries(values) as ConfigOf<F>;
  for (const { needs, check } of options.crossChecks ?? []) {
    if (!needs.every((key) => values.has(key))) continue;
    for (const objection of check(config)) {
      const field = fields[objection.key];
      const text = texts.get(objection.key);
      if (field === undefined || text === undefined) throw new TypeError(`no field ${objection.key}`);
      faults.push({ ...faultOf(field, text, objection.problem), ...remedyOf(objection) });
    }
  }

  const warnings = findLikelyTypos(Object.values(fields), options.env);
  return faults.length === 0 ? { ok: true, config, warnings } : { ok: false, faults, warnings };
}

function parse(field: Field<unknown>, text: FoundText) {
  if (text.kind === 'absent') return field.absent();
  if (text.kind === 'fault') return { ok: false as const, problem: text.problem };
  return field.parse(text.text);
}

function faultOf(field: FieldDescription, text: FoundText, problem: string): ConfigFault {
  return {
    name: text.name,
    found: describeFound(field, text),
    problem,
    remedy: (text.kind === 'fault' ? text.remedy : undefined) ?? field.remedy,
  };
}

function describeFound(field: FieldDescription, text: FoundText): string {
  if (text.kind === 'absent') return 'nothing';
  if (text.kind === 'fault') return text.found;
  if (field.readsFile || text.path !== undefined) {
    return `${quoteFound(text.path ?? '')}, ${text.text.length} characters`;
  }
  return field.secret ? describeSecret(text.text) : quoteFound(text.text);
}

function remedyOf(objection: { readonly remedy?: string }): { remedy?: string } {
  return objection.remedy === undefined ? {} : { remedy: objection.remedy };
}
