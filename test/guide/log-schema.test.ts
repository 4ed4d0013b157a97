import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { postForm, refreshRequest, signIn } from '../support/oauth-client.ts';
import { until } from '../support/redis.ts';
import { useStack } from '../support/use-stack.ts';

interface LogField {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
}

const document = readFileSync(new URL('../../deploy/log-schema.md', import.meta.url), 'utf8');
const shared = useStack();

describe('log schema version 1 (deploy/log-schema.md)', () => {
  it('is what one request line has: every field, of its type, and no other', async () => {
    const requestId = await visit('/.well-known/oauth-protected-resource?code=secret');
    const fields = [...fieldsUnder('Every line'), ...fieldsUnder('One line per request')];
    expect(fields.length).toBeGreaterThan(8);
    const line = await lineOf(requestId);
    const expected = fields.filter(({ optional }) => !optional);
    expect(Object.keys(line).toSorted()).toEqual(expected.map(({ name }) => name).toSorted());
    for (const { name, type } of expected) {
      const isOfType = type === 'integer' ? Number.isInteger(line[name]) : typeof line[name] === type;
      expect(isOfType, `${name}: ${String(line[name])}`).toBe(true);
    }
  });

  it('gives its fields the meaning it says', async () => {
    const line = await lineOf(await visit('/health'));
    expect(line).toMatchObject({
      level: 'info',
      msg: 'request',
      method: 'GET',
      route: '/health',
      status: 200,
    });
    expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(line['clientAddress']).toMatch(/127\.0\.0\.1|::1/);
  });

  it('says why a token was refused: every field, of its type, and no other', async () => {
    const { client, tokens } = await signIn(shared.stack);
    const form = { token: tokens.refresh_token, client_id: client.clientId };
    expect((await postForm(`${shared.stack.publicUrl}/revoke`, form)).status).toBe(200);
    await postForm(`${shared.stack.publicUrl}/token`, refreshRequest(client, tokens.refresh_token));
    const line = await lineOf('a token request was refused');
    const fields = [...fieldsUnder('Every line'), ...fieldsUnder('One line per token request')];
    expect(Object.keys(line).toSorted()).toEqual(fields.map(({ name }) => name).toSorted());
    for (const { name, type } of fields) expect(typeof line[name], name).toBe(type);
    expect(line).toMatchObject({ reason: 'grant_ended', ended: 'revoked_by_client' });
  });
});

/** Rows of the first table after a heading. */
function fieldsUnder(heading: string): LogField[] {
  const [, section = ''] = document.split(`## ${heading}`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^\| `(\w+)`\s*\| (\w+)\s*\| (.*)$/gm)].map(
    ([, name = '', type = '', meaning = '']) => ({ name, type, optional: meaning.startsWith('optional') }),
  );
}

/** Sends a request and answers its id. */
async function visit(path: string): Promise<string> {
  const response = await fetch(`${shared.stack.publicUrl}${path}`);
  await response.text();
  return response.headers.get('x-request-id') ?? '';
}

/** The line with a request id or a message. */
async function lineOf(text: string): Promise<Record<string, unknown>> {
  const find = () => shared.stack.log.find((line) => line.includes(`"${text}"`));
  await until(() => find() !== undefined);
  return JSON.parse(find() ?? '{}') as Record<string, unknown>;
}
