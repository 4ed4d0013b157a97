import type { ZodType } from 'zod';

export type ParsedValue<T> = { readonly ok: true; readonly value: T } | Refused;

interface Refused {
  readonly ok: false;
  readonly problem: string;
}

/** What an operator is told about one variable. */
export interface FieldDescription {
  /** Name of the environment variable. */
  readonly env: string;
  /** One sentence. */
  readonly description: string;
  /** One sentence that says what to do when the value cannot be used. */
  readonly remedy: string;
  readonly unit?: string;
  /** The value is never printed, and `<env>_FILE` may name a file that holds it. */
  readonly secret?: true;
  /** The variable names a file; the schema is given the file's content. */
  readonly readsFile?: true;
}

export interface FieldSpec<T> extends FieldDescription {
  /** Judges the text of the variable and turns it into the value. */
  readonly schema: ZodType<T, string>;
}

/** One variable of a process: how it is described, read, and what stands for it when it is not set. */
export interface Field<T> extends FieldDescription {
  /** As the reference shows it: the default, `required` or what an absent value means. */
  readonly documentedDefault: string;
  parse(text: string): ParsedValue<T>;
  absent(): ParsedValue<T>;
}

/** A variable without which the process does not start. */
export function requiredField<T>(spec: FieldSpec<T>): Field<T> {
  return {
    ...describe(spec),
    documentedDefault: 'required',
    parse: (text) => parseWith(spec.schema, text),
    absent: () => ({ ok: false, problem: 'is required' }),
  };
}

/** A variable with a default, written as an operator would write it and judged by the same schema. */
export function defaultedField<T>(spec: FieldSpec<T> & { readonly default: string }): Field<T> {
  return {
    ...describe(spec),
    documentedDefault: `\`${spec.default}\``,
    parse: (text) => parseWith(spec.schema, text),
    absent: () => parseWith(spec.schema, spec.default),
  };
}

/** A variable that may be absent; `whenAbsent` says what that means. */
export function optionalField<T>(spec: FieldSpec<T> & { readonly whenAbsent: string }): Field<T | undefined> {
  return {
    ...describe(spec),
    documentedDefault: spec.whenAbsent,
    parse: (text) => parseWith(spec.schema, text),
    absent: () => ({ ok: true, value: undefined }),
  };
}

function describe(spec: FieldDescription): FieldDescription {
  const { env, description, remedy } = spec;
  return {
    env,
    description,
    remedy,
    ...(spec.unit !== undefined && { unit: spec.unit }),
    ...(spec.secret && { secret: true }),
    ...(spec.readsFile && { readsFile: true }),
  };
}

function parseWith<T>(schema: ZodType<T, string>, text: string): ParsedValue<T> {
  const result = schema.safeParse(text);
  if (result.success) return { ok: true, value: result.data };
  const problems = new Set(result.error.issues.map((issue) => issue.message));
  return { ok: false, problem: [...problems].join('; ') };
}
