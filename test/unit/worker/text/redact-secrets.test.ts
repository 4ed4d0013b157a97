import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactSecrets } from '../../../../worker/text/redact-secrets.ts';

const GITHUB_TOKEN = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
const FINE_GRAINED = `github_pat_${'11ABCDEFG0'.repeat(3)}_${'x9'.repeat(20)}`;
const AWS_ID = 'AKIAQ3EGRTZQ7JWXEXMP';
const AWS_SECRET = 'wJalrXUtnFEMIK7MDENGbPxRfiCYzZ9Q2abcdEFG';
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const JWT = `${base64url({ alg: 'ES256', typ: 'JWT' })}.${base64url({ sub: 'octocat' })}.${'s1G_-'.repeat(8)}`;
const KEY_LINES = Array.from({ length: 6 }, (_, index) => `${index}AbCdEfGh`.repeat(7).slice(0, 64));
const PRIVATE_KEY = ['-----BEGIN RSA PRIVATE KEY-----', ...KEY_LINES, '-----END RSA PRIVATE KEY-----'].join(
  '\n',
);

const SECRETS = { GITHUB_TOKEN, FINE_GRAINED, AWS_ID, JWT, PRIVATE_KEY };

describe('redactSecrets', () => {
  it.each([
    [`const t = "${GITHUB_TOKEN}";`, 'const t = "[REDACTED-GITHUB-TOKEN]";'],
    [FINE_GRAINED, '[REDACTED-GITHUB-TOKEN]'],
    [`id=${AWS_ID}`, 'id=[REDACTED-AWS-KEY]'],
    [`aws_secret_access_key = ${AWS_SECRET}`, 'aws_secret_access_key = [REDACTED-AWS-KEY]'],
    [`Authorization: Bearer ${JWT}`, 'Authorization: Bearer [REDACTED-JWT]'],
    [`host.${JWT}.example`, 'host.[REDACTED-JWT].example'],
    ['password: "hunter2hunter2"', 'password: "[REDACTED-ASSIGNED-SECRET]"'],
    [`{"apiKey":"k3y-0f-s0meth1ng"}`, '{"apiKey":"[REDACTED-ASSIGNED-SECRET]"}'],
    ['export DB_PASSWORD=s3cr3t-and-long', 'export DB_PASSWORD=[REDACTED-ASSIGNED-SECRET]'],
  ])('takes the secret out of %s', (text, redacted) => {
    expect(redactSecrets(text).text).toBe(redacted);
  });

  it.each([
    'password = "correct horse"',
    'password = "correcthorse"',
    'package.eyJhbGciOiJIUzI1NiJ9.something-else.and-more-of-it',
    'const password = getPassword1(name);',
    'secret: process.env.SECRET_1',
    'TOKEN=settings.oauth2_token',
    'password: "${DB_PASSWORD_1}"',
    'PASSWORD=your_password_1234',
    'api_key = "<api-key-1234>"',
    'password: string | undefined; // 8 to 64',
    'ghp_tooshort1',
    'the header is -----BEGIN PRIVATE KEY----- and a footer follows',
    "text.includes('-----BEGIN RSA PRIVATE KEY-----') && text.includes('-----END RSA PRIVATE KEY-----')",
    'eyJ is how a JWT begins.eyJ',
    'version-1.eyJhbGc.short',
  ])('leaves %s as it is', (text) => {
    expect(redactSecrets(text)).toEqual({ text, redactions: [] });
  });

  it('counts by kind', () => {
    const text = `${GITHUB_TOKEN} ${GITHUB_TOKEN}\n${JWT}`;
    expect(redactSecrets(text).redactions).toEqual([
      { kind: 'jwt', count: 1 },
      { kind: 'github-token', count: 2 },
    ]);
  });

  it('keeps line numbers when a key of many lines goes', () => {
    const { text } = redactSecrets(`one\n${PRIVATE_KEY}\nlast`);
    expect(text).toBe(`one\n[REDACTED-PRIVATE-KEY]${'\n'.repeat(7)}\nlast`);
  });

  it('takes out a key whose end, or whose beginning, is missing', () => {
    const lines = PRIVATE_KEY.split('\n');
    const cut = redactSecrets(`${lines.slice(0, 4).join('\n')}\n// more`).text;
    const tail = redactSecrets(`${lines.slice(3).join('\n')}\n// more`).text;
    for (const line of KEY_LINES) expect(cut + tail).not.toContain(line);
    expect([cut, tail].every((text) => text.endsWith('// more'))).toBe(true);
  });

  it('takes out a key written as a string with \\n', () => {
    const { text } = redactSecrets(JSON.stringify({ key: PRIVATE_KEY, after: 1 }));
    expect(text).toBe('{"key":"[REDACTED-PRIVATE-KEY]","after":1}');
  });

  it('finds every planted secret in any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom(...Object.values(SECRETS)),
        fc.string({ unit: 'grapheme' }),
        (before, secret, after) => {
          const { text, redactions } = redactSecrets(`${before} ${secret} ${after}`);
          expect(text).not.toContain(secret);
          expect(redactions.length).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('never throws, keeps the number of lines, and finds nothing twice', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...Object.values(SECRETS), '-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY-----'),
      fc.constantFrom('password=', '\n', '"', 'eyJ', '.', 'ghp_', 'a'.repeat(40)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const redacted = redactSecrets(text).text;
        expect(redacted.split('\n')).toHaveLength(text.split('\n').length);
        expect(redactSecrets(redacted).text).toBe(redacted);
      }),
      { numRuns: 300 },
    );
  });

  // A pattern that is quadratic in any of these needs minutes for a megabyte.
  it.each([
    'eyJ',
    'eyJ.',
    '.eyJaaaaaaaaaa',
    'ghp_',
    'password=',
    'password:"',
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----',
    'a',
    'A_',
    ' ',
    '\n',
    'aws_key=',
    'AKIA',
  ])('takes time in proportion to the text: %j repeated', (unit) => {
    const measure = (bytes: number): number => {
      const text = unit.repeat(Math.ceil(bytes / unit.length));
      const start = performance.now();
      redactSecrets(text);
      return performance.now() - start;
    };
    measure(100_000);
    expect(measure(1_000_000)).toBeLessThan(3000);
  });
});
