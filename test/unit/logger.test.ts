import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../shared/logger.ts';
import type { LogFields, LogLevel } from '../../shared/logger.ts';

function capture(level: LogLevel = 'trace') {
  const lines: string[] = [];
  const logger = createLogger({ level, name: 'gateway', destination: { write: (line) => lines.push(line) } });
  const parsed = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, lines, parsed };
}

const lineOf = (fields: LogFields, message = 'happened') => {
  const { logger, lines } = capture();
  logger.info(fields, message);
  return lines.join('');
};

const alphabet = Array.from('ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789_-');
const body = (min: number) =>
  fc
    .array(fc.constantFrom(...alphabet), { minLength: min, maxLength: 60 })
    .map((letters) => letters.join(''));

/** A text that gives power, with the part that must not survive. */
const secret = fc.oneof(
  fc
    .tuple(fc.constantFrom('gho_', 'ghp_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_', 'ocr_'), body(24))
    .map(([prefix, rest]) => ({ text: prefix + rest.replaceAll('-', 'x'), core: rest.replaceAll('-', 'x') })),
  fc.tuple(body(20), body(20), body(20)).map(([header, claims, signature]) => ({
    text: `eyJ${header}.${claims}.${signature}`,
    core: signature,
  })),
  body(20).map((core) => ({ text: `Bearer ${core}`, core })),
  body(20).map((core) => ({ text: `https://user:${core}@proxy.example.com`, core })),
  fc
    .tuple(fc.constantFrom('client_secret', 'refresh_token', 'code_verifier', 'access_token'), body(20))
    .map(([name, core]) => ({ text: `grant_type=x&${name}=${core}&b=c`, core })),
  body(20).map((core) => ({ text: `/auth/callback?code=${core}&state=1`, core })),
  body(20).map((core) => ({ text: `{"access_token":"${core}"}`, core })),
  body(20).map((core) => ({ text: JSON.stringify(JSON.stringify({ refresh_token: core })), core })),
  body(20).map((core) => ({ text: `cookie: a=1; b=${core}`, core })),
  body(20).map((core) => ({
    text: `-----BEGIN EC PRIVATE KEY-----\n${core}\n-----END EC PRIVATE KEY-----`,
    core,
  })),
);

const surroundings = fc.constantFrom<readonly [string, string]>(
  ['', ''],
  ['failed: ', ' was refused'],
  ['"', '"'],
  ['\n', '\n'],
  ['x', ''],
  ['long '.repeat(150), ''],
);

/** Places in a line where a text can end up. */
const places: readonly ((text: string) => { fields: LogFields; message?: string })[] = [
  (text) => ({ fields: {}, message: text }),
  (text) => ({ fields: { note: text } }),
  (text) => ({ fields: { [text]: 'note' } }),
  (text) => ({ fields: { list: [{ deep: { deeper: [text] } }] } }),
  (text) => ({ fields: { map: new Map([['k', text]]), set: new Set([text]) } }),
  (text) => ({ fields: { err: new Error(text) } }),
  (text) => ({ fields: { err: new Error('outer', { cause: new Error(text) }) } }),
  (text) => ({ fields: { err: new AggregateError([new Error(text)], 'several') } }),
  (text) => ({ fields: { err: Object.assign(new Error('outer'), { request: { url: text } }) } }),
  (text) => ({ fields: { err: Object.assign(new Error('outer'), { name: text, code: text }) } }),
];

describe('createLogger', () => {
  it('lets no secret survive in any field, message, nested error or stack', () => {
    fc.assert(
      fc.property(
        secret,
        surroundings,
        fc.constantFrom(...places),
        ({ text, core }, [before, after], place) => {
          const { fields, message } = place(before + text + after);
          expect(lineOf(fields, message)).not.toContain(core);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    'gho_ABCDEFGHIJKLMNOPQRSTUVWX',
    'github_pat_ABCDEFGHIJKLMNOPQRSTUVWX',
    'ocr_ABCDEFGHIJKLMNOPQRSTUV.1.ABCDEFGHIJKLMNOPQRSTUVWX',
    'eyJABCDEFGHIJKLMNOPQRSTUVWX.ABCDEFGHIJKLMNOPQRSTUVWX.ABCDEFGHIJKLMNOPQRSTUVWX',
    'bearer ABCDEFGHIJKLMNOPQRSTUVWX',
    'Authorization: Unheard-Of ABCDEFGHIJKLMNOPQRSTUVWX',
    'set-cookie: __Host-session=ABCDEFGHIJKLMNOPQRSTUVWX; Secure',
    'code=ABCDEFGHIJKLMNOPQRSTUVWX&state=x',
    'x=1&client_secret=ABCDEFGHIJKLMNOPQRSTUVWX',
    '{"code":"ABCDEFGHIJKLMNOPQRSTUVWX"}',
    '{"token": "ABCDEFGHIJKLMNOPQRSTUVWX"}',
    '"{\\"token\\":\\"ABCDEFGHIJKLMNOPQRSTUVWX\\"}"',
    'http://user:ABCDEFGHIJKLMNOPQRSTUVWX@proxy:3128',
    '-----BEGIN PRIVATE KEY-----\nABCDEFGHIJKLMNOPQRSTUVWX',
  ])('masks the secret in %j', (text) => {
    expect(lineOf({ note: text }, text)).not.toContain('ABCDEFGHIJKLMNOPQRSTUV');
  });

  it.each([`gho_${'A'.repeat(24)}`, `ghs_${'a'.repeat(24)}`, 'AbCdEfGhIjKlMnOpQrStUvWxYz'])(
    'masks %s as the code of an error: a secret may consist of letters alone',
    (code) => {
      expect(lineOf({ err: Object.assign(new Error('outer'), { code }) })).not.toContain(code);
    },
  );

  it.each(['ECONNREFUSED', 'invalid_grant', 'UND_ERR_SOCKET', 'InvalidGrant'])(
    'keeps %s as the code of an error',
    (code) => {
      expect(lineOf({ err: Object.assign(new Error('outer'), { code }) })).toContain(`"code":"${code}"`);
    },
  );

  it('lets no secret survive in what a child logger adds', () => {
    fc.assert(
      fc.property(secret, ({ text, core }) => {
        const { logger, lines } = capture();
        logger.child({ requestId: 'r1', note: text }).child({ other: text }).warn('happened');
        expect(lines.join('')).not.toContain(core);
      }),
    );
  });

  it.each([
    ...[
      'authorization',
      'Authorization',
      'Proxy-Authorization',
      'cookie',
      'set-cookie',
      'client_secret',
      'clientSecret',
    ],
    ...[
      'code',
      'code_verifier',
      'refresh_token',
      'refreshToken',
      'access_token',
      'token',
      'id_token',
      'password',
    ],
    ...['githubOauthClientSecret', 'gatewayKeys', 'vaultKeys', 'workerGateKey', 'httpsProxy'],
  ])('masks a field named %s at any depth, whatever it holds', (name) => {
    const line = lineOf({ [name]: 'hunter2', request: { headers: { [name]: ['hunter2'] } } });
    expect(line).not.toContain('hunter2');
    expect(line.split('[masked]')).toHaveLength(3);
  });

  it('keeps numbers under secret names and the code words of errors', () => {
    const err = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    expect(JSON.parse(lineOf({ rpc: { code: -32600 }, err }))).toMatchObject({
      rpc: { code: -32600 },
      err: { type: 'Error', code: 'ECONNREFUSED', message: 'refused' },
    });
  });

  it('masks an error’s code that is no word', () => {
    expect(lineOf({ err: Object.assign(new Error('x'), { code: 'SplxlOBeZQQYbYS6WxSbIA' }) })).not.toContain(
      'Splxl',
    );
  });

  it.each([
    'GET /mcp answered 401',
    'Bearer realm="octocode", resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource"',
    'the client lost its token',
    'commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12',
    'https://mcp.example.com/authorize?client_id=abc&scope=repo',
  ])('leaves a harmless text as it is: %s', (text) => {
    expect(JSON.parse(lineOf({ note: text }))).toMatchObject({ note: text });
  });

  it('writes one JSON object a line with time, level, name and message', () => {
    const { logger, lines, parsed } = capture();
    logger.error({ status: 500 }, 'first');
    logger.info('second');
    expect(lines.every((line) => line.endsWith('}\n') && !line.slice(0, -1).includes('\n'))).toBe(true);
    expect(parsed()).toMatchObject([
      { level: 'error', name: 'gateway', status: 500, msg: 'first' },
      { level: 'info', name: 'gateway', msg: 'second' },
    ]);
    expect(parsed()[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('writes no line below its level', () => {
    const { logger, parsed } = capture('warn');
    logger.info('quiet');
    logger.child({ requestId: 'r1' }).debug('quiet');
    logger.warn('loud');
    expect(parsed()).toMatchObject([{ msg: 'loud' }]);
  });

  it('adds the fields of a child to each of its lines', () => {
    const { logger, parsed } = capture();
    logger.child({ requestId: 'r1' }).info({ status: 200 }, 'done');
    expect(parsed()).toMatchObject([{ requestId: 'r1', status: 200, msg: 'done' }]);
  });

  it('gives a field no way to contradict what the logger writes', () => {
    const line = lineOf({ level: 'fatal', time: 'never', msg: 'forged', name: 'root' });
    expect(line.match(/"(level|time|msg|name)":/g)).toHaveLength(4);
    expect(JSON.parse(line)).toMatchObject({
      level: 'info',
      msg: 'happened',
      level_: 'fatal',
      msg_: 'forged',
    });
  });

  it('writes one line without control characters for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const line = lineOf({ note: text, [text]: 1 }, text).slice(0, -1);
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        JSON.parse(line);
      }),
    );
  });

  it.each(['\u0007', '\u001b', '\u007f', '\u0085', '\u2028', '\u2029', '\u202e', '\u2066', '\u200f'])(
    'escapes %j, which a terminal or log viewer would act on (threat T22)',
    (character) => {
      const line = lineOf({ [`k${character}`]: `v${character}` }, `m${character}`);
      expect(line).not.toContain(character);
      const code = character.charCodeAt(0).toString(16).padStart(4, '0');
      expect(JSON.parse(line)).toMatchObject({ [`k\\u${code}`]: `v\\u${code}`, msg: `m\\u${code}` });
    },
  );

  it('cuts a text to 1 KiB and says how long it was', () => {
    const { note } = JSON.parse(lineOf({ note: '€'.repeat(1000) })) as { note: string };
    expect(note).toBe(`${'€'.repeat(341)}…[truncated, 3000 bytes]`);
  });

  it('leaves no half secret where a hostile text was cut', () => {
    const filler = `cookie: ${'x'.repeat(16_000)}\n`;
    const text = `${filler}${'y'.repeat(16_384 - filler.length - 14)} gho_ABCDEFGHIJKLMNOPQRSTUVWX`;
    expect(lineOf({ note: text })).not.toContain('ABCDEFGH');
  });

  it('searches hostile texts in bounded time', () => {
    const hostile = [
      'eyJ',
      'gho_',
      'Bearer ',
      '//',
      '-----BEGIN ',
      'code=',
      'cookie',
      'ocr_',
      '\\"',
      'token" : ',
    ];
    const startedAt = performance.now();
    for (const piece of hostile) lineOf({ note: piece.repeat(100_000) });
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('survives cycles, depth, foreign values and objects that throw', () => {
    const cyclic: Record<string, unknown> = { big: 10n, when: new Date(0), bytes: new Uint8Array(3) };
    cyclic['self'] = cyclic;
    cyclic['nan'] = new Date(Number.NaN);
    cyclic['fn'] = () => 1;
    expect(JSON.parse(lineOf({ cyclic }))).toMatchObject({
      cyclic: {
        big: '10',
        when: '1970-01-01T00:00:00.000Z',
        bytes: '[3 bytes]',
        self: '[circular]',
        nan: 'Invalid Date',
        fn: '[function]',
      },
    });
    let deep: unknown = 'bottom';
    for (let level = 0; level < 1000; level += 1) deep = { deep };
    expect(lineOf({ deep })).toContain('[deep]');
    const trap = {
      get boom(): string {
        throw new Error('boom');
      },
    };
    expect(JSON.parse(lineOf({ trap }))).toMatchObject({ fieldsUnreadable: true, msg: 'happened' });
  });

  it('bounds how much of a list or object it writes', () => {
    const many = Array.from({ length: 1000 }, (_, index) => index);
    expect(lineOf({ many })).toContain('[900 more]');
    expect(lineOf({ many: Object.fromEntries(many.map((each) => [`k${each}`, each])) })).toContain(
      '900 more',
    );
  });
});

describe('the short way for plain texts', () => {
  it('lets through only what the patterns would leave alone', () => {
    const plain = fc
      .array(fc.constantFrom(...Array.from('abehkoprstuyABCEGHJ0159/.-')), { maxLength: 60 })
      .map((letters) => letters.join(''));
    fc.assert(
      fc.property(plain, (text) => {
        // A space at the end is never plain and changes nothing else.
        const [short, long] = [{ value: text }, { value: `${text} ` }].map(
          (fields) => JSON.parse(lineOf(fields)) as { value: string },
        );
        expect(`${short?.value ?? ''} `).toBe(long?.value);
      }),
      { numRuns: 2_000 },
    );
  });

  it('does not take a JWT for a plain text', () => {
    expect(lineOf({ value: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl' })).toContain('[masked]');
  });
});
