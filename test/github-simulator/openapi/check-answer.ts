import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';

const ajv = new Ajv({ strict: false, allErrors: false });
ajv.addSchema(
  JSON.parse(readFileSync(new URL('extract.json', import.meta.url), 'utf8')) as Record<string, unknown>,
  'github',
);

export interface SimulatedAnswer {
  /** As in GitHub's description: `/repos/{owner}/{repo}`. */
  readonly path: string;
  readonly status: number;
  readonly mediaType: string;
  readonly body: unknown;
}

/**
 * What keeps an answer from being one GitHub describes; empty when nothing does.
 * @throws when the extract does not describe such an answer.
 */
export function mismatchesOf({ path, status, mediaType, body }: SimulatedAnswer): readonly string[] {
  const validate = compiled(['operations', `GET ${path}`, String(status), mediaType]);
  return mismatches(validate, body);
}

function mismatches(validate: ValidateFunction, value: unknown): readonly string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}

/** What keeps a webhook's body from being one GitHub describes. `name` as there: `membership-removed`. */
export function webhookMismatchesOf(name: string, payload: unknown): readonly string[] {
  return mismatches(compiled(['webhooks', name]), payload);
}

function compiled(steps: readonly string[]): ValidateFunction {
  const pointer = steps.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')));
  const validate = ajv.getSchema(`github#/${pointer.join('/')}`);
  if (validate === undefined) throw new RangeError(`the extract has no ${steps.join(' ')}`);
  return validate;
}
