import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { useMovableClock } from '../support/movable-clock.ts';
import type { RegisteredClient, Tokens } from '../support/oauth-client.ts';
import { postForm, refreshRequest, registerClient, signIn } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const clock = useMovableClock();
const shared = useStack();

type Form = Record<string, string>;

/** The answer and what an operator sees of it. */
async function answerTo(form: Form) {
  const before = shared.stack.events.length;
  const headers = { origin: 'https://page.example' };
  const body = new URLSearchParams(form);
  const response = await fetch(`${shared.stack.publicUrl}/token`, { method: 'POST', headers, body });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
    events: shared.stack.events
      .slice(before)
      .filter(({ type }) => type.startsWith('token.') || type.startsWith('grant.')),
  };
}

async function newForm(client: RegisteredClient): Promise<Form> {
  const { tokens } = await signIn(shared.stack, { client });
  return refreshRequest(client, tokens.refresh_token);
}

/** Two registrations of one client within moments would be one. */
async function newClient(): Promise<RegisteredClient> {
  return await registerClient(shared.stack.publicUrl, { client_name: randomUUID() });
}

/** Its answer was received: the successor was shown. */
async function rotatedAway(form: Form): Promise<Form> {
  const { refresh_token: successor } = await rotated(form);
  await rotated({ ...form, refresh_token: successor });
  clock.advance(31_000);
  return form;
}

async function answerLost(form: Form): Promise<Form> {
  await rotated(form);
  clock.advance(31_000);
  return form;
}

async function rotated(form: Form): Promise<Tokens> {
  return (await (await postForm(`${shared.stack.publicUrl}/token`, form)).json()) as Tokens;
}

describe('a refresh request (RFC 6749 §6)', () => {
  it.each<[string, (form: Form) => Form | Promise<Form>]>([
    ['a current token', (form) => form],
    ['with the granted resource', (form) => ({ ...form, resource: shared.stack.mcpUrl })],
    ['with a narrower scope', (form) => ({ ...form, scope: 'read:user' })],
    ['with a parameter nobody knows', (form) => ({ ...form, foo: 'bar' })],
    ['an empty scope', (form) => ({ ...form, scope: '' })],
    ['an empty resource', (form) => ({ ...form, resource: '' })],
    ['B10: a token whose answer was lost', answerLost],
  ])('is answered with tokens: %s', async (_name, change) => {
    const answer = await answerTo(await change(await newForm(await newClient())));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ token_type: 'Bearer', scope: expect.any(String) as string });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.events.map(({ type }) => type)).toEqual(['token.issued']);
  });

  it.each<[string, (form: Form) => Form | Promise<Form>, { status: number; error: string; reason?: string }]>(
    [
      [
        'a wider scope',
        (form) => ({ ...form, scope: 'repo admin:org' }),
        { status: 400, error: 'invalid_scope' },
      ],
      [
        'a scope with a quote',
        (form) => ({ ...form, scope: 'repo"' }),
        { status: 400, error: 'invalid_scope' },
      ],
      [
        'another resource',
        (form) => ({ ...form, resource: 'https://other.example/mcp' }),
        { status: 400, error: 'invalid_target' },
      ],
      [
        'a malformed token',
        (form) => ({ ...form, refresh_token: 'ocr_x' }),
        { status: 400, error: 'invalid_grant', reason: 'refresh_token_malformed' },
      ],
      ['no token', without('refresh_token'), { status: 400, error: 'invalid_request' }],
      ['no client', without('client_id'), { status: 400, error: 'invalid_request' }],
      [
        'an unknown client',
        (form) => ({ ...form, client_id: 'nobody' }),
        { status: 401, error: 'invalid_client' },
      ],
      [
        'a secret of a public client',
        (form) => ({ ...form, client_secret: 'x' }),
        { status: 401, error: 'invalid_client' },
      ],
      [
        'a forged token',
        (form) => ({ ...form, refresh_token: (form['refresh_token'] ?? '').replace(/.$/, forge) }),
        { status: 400, error: 'invalid_grant', reason: 'refresh_token_forged' },
      ],
      [
        'a token superseded longer ago than the window',
        rotatedAway,
        { status: 400, error: 'invalid_grant', reason: 'refresh_token_reused' },
      ],
      [
        'somebody else’s token',
        async (form) => ({ ...form, client_id: (await newClient()).clientId }),
        { status: 400, error: 'invalid_grant', reason: 'refresh_token_of_another_client' },
      ],
    ],
  )(
    'is refused, and the operator learns why: %s',
    async (_name, change, { status, error, reason = error }) => {
      const answer = await answerTo(await change(await newForm(await newClient())));
      expect(answer.status).toBe(status);
      expect(answer.body['error']).toBe(error);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.events.filter(({ type }) => type === 'token.refused')).toMatchObject([
        { reason, grantType: 'refresh_token' },
      ]);
    },
  );
});

function without(name: string) {
  return (form: Form): Form => Object.fromEntries(Object.entries(form).filter(([each]) => each !== name));
}

function forge(last: string): string {
  return last === 'A' ? 'E' : 'A';
}
