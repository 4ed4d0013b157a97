// What must never reach a log line, and how it is taken out: by the name of a field, and by the look of a text.

const MASK = '[masked]';
const MAX_STRING_BYTES = 1024;
/** A text is cut here before it is searched, so that a hostile one costs a bounded time. */
const MAX_SEARCHED_LENGTH = 16_384;
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;

const SECRET_NAMES = new Set(
  [
    ...['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-gw-context'],
    ...['client_secret', 'code', 'code_verifier', 'device_code', 'user_code', 'client_assertion'],
    ...['token', 'access_token', 'refresh_token', 'id_token', 'token_hint', 'registration_access_token'],
    ...['password', 'passphrase', 'secret', 'private_key', 'api_key'],
    ...['GATEWAY_KEYS', 'VAULT_KEYS', 'WORKER_GATE_KEY', 'GITHUB_OAUTH_CLIENT_SECRET', 'HTTPS_PROXY'],
  ].map(foldName),
);

/** Names whose value is masked where a text assigns one: in a query, a form body or a piece of JSON. */
const ASSIGNED =
  'client_secret|code_verifier|device_code|user_code|client_assertion|access_token|refresh_token|id_token|password';

const GITHUB_TOKEN = /gh[pousr]_[A-Za-z0-9._-]{16,}|github_pat_[A-Za-z0-9_]{16,}/g;
const OUR_TOKEN = /oc[a-z]_[A-Za-z0-9._-]{8,}/g;
const TOKEN_RUN = /[A-Za-z0-9_.-]{20,}/g;
const CREDENTIALS = /(Bearer|Basic|DPoP)(\s+)(?![a-z_]+=")[A-Za-z0-9._~+/=-]{8,}/gi;
const HEADER = /((?:proxy-)?authorization|(?:set-)?cookie)(\\?["']?\s*[:=]\s*)[^\r\n]+/gi;
const ASSIGNMENT = new RegExp(`(${ASSIGNED})(\\\\?["']?\\s*[:=]\\s*\\\\?["']?)[^\\s&,;"'}\\\\]+`, 'gi');
const QUERY_ASSIGNMENT = /(^|[?&])(code|state|token)=[^\s&#"']+/gi;
const JSON_ASSIGNMENT = /(\\?["'](?:code|token)\\?["']\s*:\s*\\?["'])[^\s"'\\]+/gi;
const URL_CREDENTIALS = /(\/\/)[^\s/@"']+@/g;
const PRIVATE_KEY =
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g;
/** Control characters but tab and line ends, line separators, and marks that reorder text. */
const UNPRINTABLE = /(?![\t\n\r])[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * What no pattern here can match, so that most fields of most lines cost one look: every pattern needs a character that
 * is missing, or a capital in 20 of these in a row (a JWT).
 */
const PLAIN = /^(?:[a-z0-9/.-]{0,1024}|[A-Za-z0-9/.-]{0,19})$/;

/**
 * Takes everything that looks like a secret out of a text, escapes what a terminal or log viewer would act
 * on, and cuts it to 1 KiB. Pure and total.
 */
export function redactText(text: string): string {
  if (PLAIN.test(text)) return text;
  const masked = cutForSearch(text)
    .replace(PRIVATE_KEY, MASK)
    .replace(HEADER, `$1$2${MASK}`)
    .replace(GITHUB_TOKEN, MASK)
    .replace(OUR_TOKEN, MASK)
    .replace(TOKEN_RUN, maskJwt)
    .replace(CREDENTIALS, `$1$2${MASK}`)
    .replace(ASSIGNMENT, `$1$2${MASK}`)
    .replace(QUERY_ASSIGNMENT, `$1$2=${MASK}`)
    .replace(JSON_ASSIGNMENT, `$1${MASK}`)
    .replace(URL_CREDENTIALS, `$1${MASK}@`)
    .replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return cutToLimit(masked, text);
}

/**
 * A copy of a value made of plain JSON values without secrets: fields with a secret name are masked, texts go through
 * redactText, errors keep type, message, stack, code and cause, cycles and depth beyond six levels are cut.
 */
export function redactValue(value: unknown): unknown {
  return redact(value, { depth: 0, above: [] });
}

interface Place {
  readonly depth: number;
  /** The objects this value is part of. */
  readonly above: readonly object[];
}

function redact(value: unknown, place: Place): unknown {
  switch (typeof value) {
    case 'string':
      return redactText(value);
    case 'bigint':
      return value.toString();
    case 'function':
    case 'symbol':
      return `[${typeof value}]`;
    case 'object':
      return value === null ? null : redactObject(value, place);
    default:
      return value;
  }
}

function redactObject(value: object, place: Place): unknown {
  if (value instanceof URL) return redactText(value.href);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (place.above.includes(value)) return '[circular]';
  if (place.depth >= MAX_DEPTH) return '[deep]';

  const inside = { depth: place.depth + 1, above: [...place.above, value] };
  if (value instanceof Error) return redactError(value, inside);
  if (Array.isArray(value)) return redactList(value, inside);
  if (value instanceof Map)
    return redactEntries(
      [...value].map(([key, each]) => [String(key), each]),
      inside,
    );
  if (value instanceof Set) return redactList([...value], inside);
  return redactEntries(Object.entries(value), inside);
}

function redactList(values: readonly unknown[], place: Place): unknown[] {
  const kept = values.slice(0, MAX_ENTRIES).map((each) => redact(each, place));
  return values.length > MAX_ENTRIES ? [...kept, `[${values.length - MAX_ENTRIES} more]`] : kept;
}

function redactEntries(
  entries: readonly (readonly [string, unknown])[],
  place: Place,
): Record<string, unknown> {
  const kept = entries.slice(0, MAX_ENTRIES).map(([name, value]) => {
    return [redactText(name), isSecretField(name, value) ? MASK : redact(value, place)] as const;
  });
  const more = entries.length - kept.length;
  return Object.fromEntries(more > 0 ? [...kept, ['…', `${more} more`]] : kept);
}

/** Numbers and booleans are no secrets: `code: -32600` is a JSON-RPC error, `token: true` a feature. */
function isSecretField(name: string, value: unknown): boolean {
  if (value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean')
    return false;
  return SECRET_NAMES.has(foldName(name));
}

function redactError(error: Error, place: Place): unknown {
  const { name, message, stack, cause } = error;
  const errors = error instanceof AggregateError ? [['errors', error.errors as unknown] as const] : [];
  const code = 'code' in error && isErrorCode(error.code) ? { code: error.code } : {};
  const others = redactEntries([...Object.entries(error).map(withoutArguments), ...errors], place);
  return {
    ...others,
    type: redactText(name),
    message: redactText(message),
    stack: redact(stack, place),
    ...(cause !== undefined && { cause: redact(cause, place) }),
    ...code,
  };
}

/**
 * What a driver says about the command that failed, without what was sent: the first one of a Redis connection carries
 * the password, the others carry records.
 */
function withoutArguments([name, value]: readonly [string, unknown]): readonly [string, unknown] {
  if (name !== 'command' || typeof value !== 'object' || value === null) return [name, value];
  return [name, 'name' in value ? value.name : MASK];
}

const ERROR_CODE = /^(?:[A-Z][A-Z_]{1,47}|[a-z][a-z_]{1,47}|[A-Z][A-Za-z]{1,19})$/;

/** ECONNREFUSED, invalid_grant: words. A secret of letters alone mixes cases, or begins as secrets do. */
function isErrorCode(code: unknown): code is string | number {
  if (typeof code !== 'string') return typeof code === 'number';
  return ERROR_CODE.test(code) && redactText(code) === code;
}

function foldName(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

/** A JWT from its `eyJ` on; found run by run, because a pattern over the whole text could be made slow. */
function maskJwt(run: string): string {
  const start = run.indexOf('eyJ');
  const firstDot = start === -1 ? -1 : run.indexOf('.', start);
  const secondDot = firstDot === -1 ? -1 : run.indexOf('.', firstDot + 1);
  return secondDot === -1 ? run : run.slice(0, start) + MASK;
}

/** Cuts at white space, so that no half of a secret is left that no pattern knows. */
function cutForSearch(text: string): string {
  if (text.length <= MAX_SEARCHED_LENGTH) return text;
  const cut = text.slice(0, MAX_SEARCHED_LENGTH);
  return cut.slice(0, Math.max(cut.lastIndexOf(' '), cut.lastIndexOf('\n'), 0));
}

function cutToLimit(masked: string, original: string): string {
  const bytes = Buffer.from(masked);
  const wasCut = original.length > MAX_SEARCHED_LENGTH;
  if (bytes.length <= MAX_STRING_BYTES && !wasCut) return masked;
  const kept = bytes
    .subarray(0, MAX_STRING_BYTES)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  return `${kept}…[truncated, ${Buffer.byteLength(original)} bytes]`;
}
