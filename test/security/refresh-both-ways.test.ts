import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { useMovableClock } from '../support/movable-clock.ts';
import type { RegisteredClient, Tokens } from '../support/oauth-client.ts';
import { postForm, refreshRequest, registerClient, signIn } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const clock = useMovableClock();
const shared = useStack();

/** A feature that is off: oidc-provider ignores the header, and we leave to it every request that carries one. */
const THROUGH_LIBRARY = { dpop: 'unused' };

type Form = Record<string, string>;

/** The answer and what an operator sees of it, without what differs between any two answers. */
async function answerTo(form: Form, headers: Record<string, string>) {
  const before = shared.stack.events.length;
  const query = new URLSearchParams(form).toString();
  const response = await fetch(`${shared.stack.publicUrl}/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      origin: 'https://page.example',
      ...headers,
    },
    body: query,
  });
  const named = ['content-type', 'cache-control', 'retry-after', 'access-control-allow-origin', 'pragma'];
  const body = (await response.json()) as Record<string, unknown>;
  return {
    status: response.status,
    headers: Object.fromEntries(named.map((name) => [name, response.headers.get(name)])),
    body: 'access_token' in body ? { ...body, access_token: 'a token' } : body,
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

/** Two sessions of one client in the same state: what ends a grant on one way must find one to end on the other. */
async function bothWays(change: (form: Form) => Form | Promise<Form>) {
  const client = await newClient();
  const [one, two] = [await newForm(client), await newForm(client)];
  return {
    plain: await answerTo(await change(one), {}),
    library: await answerTo(await change(two), THROUGH_LIBRARY),
  };
}

/** Without what names the session. */
function comparable({ body, events, ...answer }: Awaited<ReturnType<typeof answerTo>>) {
  return {
    ...answer,
    body: 'refresh_token' in body ? { ...body, refresh_token: 'of its session' } : body,
    events: events.map((event) => ({
      ...event,
      ...('grantId' in event ? { grantId: 'of its session' } : {}),
      ...('clientId' in event ? { clientId: 'of its request' } : {}),
    })),
  };
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

describe('a refresh is answered alike whether oidc-provider or the short way answers it', () => {
  it.each<[string, (form: Form) => Form | Promise<Form>, number]>([
    ['a current token', (form) => form, 200],
    ['with the granted resource', (form) => ({ ...form, resource: shared.stack.mcpUrl }), 200],
    ['with a narrower scope', (form) => ({ ...form, scope: 'read:user' }), 200],
    ['with a parameter nobody knows', (form) => ({ ...form, foo: 'bar' }), 200],
    ['a wider scope', (form) => ({ ...form, scope: 'repo admin:org' }), 400],
    ['a scope with a quote', (form) => ({ ...form, scope: 'repo"' }), 400],
    ['an empty scope', (form) => ({ ...form, scope: '' }), 200],
    ['another resource', (form) => ({ ...form, resource: 'https://other.example/mcp' }), 400],
    ['an empty resource', (form) => ({ ...form, resource: '' }), 200],
    ['a malformed token', (form) => ({ ...form, refresh_token: 'ocr_x' }), 400],
    ['no token', without('refresh_token'), 400],
    ['no client', without('client_id'), 400],
    ['an unknown client', (form) => ({ ...form, client_id: 'nobody' }), 401],
    ['a secret of a public client', (form) => ({ ...form, client_secret: 'x' }), 401],
    [
      'a forged token',
      (form) => ({ ...form, refresh_token: (form['refresh_token'] ?? '').replace(/.$/, forge) }),
      400,
    ],
    ['a token superseded longer ago than the window', rotatedAway, 400],
    ['B10: a token whose answer was lost', answerLost, 200],
    ['somebody else’s token', async (form) => ({ ...form, client_id: (await newClient()).clientId }), 400],
  ])('%s (RFC 6749 §5, §6)', async (_name, change, status) => {
    const { plain, library } = await bothWays(change);
    expect(plain.status).toBe(status);
    expect(comparable(plain)).toEqual(comparable(library));
  });
});

function without(name: string) {
  return (form: Form): Form => Object.fromEntries(Object.entries(form).filter(([each]) => each !== name));
}

function forge(last: string): string {
  return last === 'A' ? 'E' : 'A';
}
