import { readFileSync } from 'node:fs';

const DEFAULT_URL = 'http://127.0.0.1:9466';
const TIMEOUT_MS = 30_000;

type Variables = Readonly<Record<string, string | undefined>>;

interface Command {
  readonly words: readonly string[];
  readonly what: string;
  readonly request: (values: readonly string[]) => {
    readonly method: 'GET' | 'POST';
    readonly path: string;
    readonly body?: unknown;
  };
}

const id = (value: string | undefined) => encodeURIComponent(value ?? '');

/** Every command; a word in angle brackets is a value. */
const COMMANDS: readonly Command[] = [
  {
    words: ['signing-keys'],
    what: 'list the signing keys and when they sign and retire',
    request: () => ({ method: 'GET', path: '/signing-keys' }),
  },
  {
    words: ['rotate-signing-key'],
    what: 'publish the next key; it signs after 10 minutes',
    request: () => ({ method: 'POST', path: '/signing-keys/rotate' }),
  },
  {
    words: ['retire-signing-key', '<kid>'],
    what: 'emergency: end a key and all it signed, now',
    request: ([kid]) => ({ method: 'POST', path: `/signing-keys/${id(kid)}/retire` }),
  },
  {
    words: ['grants', '<github-id>'],
    what: 'what a person allowed, and why it ended',
    request: ([account]) => ({ method: 'GET', path: `/accounts/${id(account)}/grants` }),
  },
  {
    words: ['revoke-account', '<github-id>'],
    what: 'end everything a person allowed',
    request: ([account]) => ({ method: 'POST', path: `/accounts/${id(account)}/revoke` }),
  },
  {
    words: ['revoke-grant', '<grant-id>'],
    what: 'end one grant',
    request: ([grant]) => ({ method: 'POST', path: `/grants/${id(grant)}/revoke` }),
  },
  {
    words: ['block-client', '<client-id>'],
    what: 'let a client do nothing more; https://<host> blocks all documents of a host',
    request: ([client]) => ({ method: 'POST', path: '/clients/block', body: { client_id: client } }),
  },
  {
    words: ['unblock-client', '<client-id>'],
    what: 'undo that',
    request: ([client]) => ({ method: 'POST', path: '/clients/unblock', body: { client_id: client } }),
  },
  {
    words: ['accept-organization', '<login>', '<id>'],
    what: 'let a login of GITHUB_ORGANIZATION mean the organization with this id',
    request: ([login, organization]) => ({
      method: 'POST',
      path: '/organizations/accept',
      body: { login, id: Number(organization) },
    }),
  },
  {
    words: ['revoke-all-tokens'],
    what: 'end every access token; clients refresh',
    request: () => ({ method: 'POST', path: '/tokens/revoke-all' }),
  },
];

/** Runs one command; answers the exit code. Never throws: what went wrong is printed. */
export async function runAdmin(
  words: readonly string[],
  env: Variables,
  print: (line: string) => void,
): Promise<number> {
  const command = COMMANDS.find((each) => each.words[0] === words[0] && each.words.length === words.length);
  if (command === undefined) {
    print(usage());
    return 2;
  }
  try {
    const { status, text } = await send(command.request(words.slice(1)), env);
    print(text);
    return status === 200 ? 0 : 1;
  } catch (error) {
    print(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

async function send(
  request: ReturnType<Command['request']>,
  env: Variables,
): Promise<{ status: number; text: string }> {
  const base = readBase(env);
  const authorization = `Bearer ${readToken(env)}`;
  const response = await fetch(`${base}${request.path}`, {
    method: request.method,
    headers: {
      authorization,
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    // The token goes to the address that was named and to no other.
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new Error(`no answer from the admin API at ${base}; is ADMIN_TOKEN set on the gateway?`, {
      cause: error,
    });
  });
  const answer: unknown = await response.json().catch((error: unknown) => {
    throw new Error(`what answers at ${base} is not the admin API; is ADMIN_URL right?`, { cause: error });
  });
  return { status: response.status, text: JSON.stringify(answer, undefined, 2) };
}

/** The value of a variable; an empty one counts as unset, as it does for the gateway. */
function valueOf(env: Variables, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}

function readBase(env: Variables): string {
  const text = valueOf(env, 'ADMIN_URL') ?? DEFAULT_URL;
  if (!/^https?:\/\/[^/?#@\s]+\/?$/.test(text) || !URL.canParse(text)) {
    throw new Error(`ADMIN_URL must be an origin such as ${DEFAULT_URL}`);
  }
  return new URL(text).origin;
}

function readToken(env: Variables): string {
  const file = valueOf(env, 'ADMIN_TOKEN_FILE');
  const token = valueOf(env, 'ADMIN_TOKEN') ?? (file === undefined ? '' : readFileSync(file, 'utf8').trim());
  if (token === '') throw new Error('set ADMIN_TOKEN or ADMIN_TOKEN_FILE');
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error('the admin token must be visible ASCII characters');
  return token;
}

function usage(): string {
  const lines = COMMANDS.map(({ words, what }) => `  ${words.join(' ').padEnd(36)}${what}`);
  return ['usage: npm run admin -- <command>', '', ...lines].join('\n');
}
