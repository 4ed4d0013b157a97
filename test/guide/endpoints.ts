import { expect } from 'vitest';
import type { GuidePlace, Row } from './row.ts';

async function getJson({ stack }: GuidePlace, path: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${stack.publicUrl}${path}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

const AUTHORIZATION_SERVER = '/.well-known/oauth-authorization-server';

/** A member of the metadata that in the guide is an address of GitHub and here is our own. */
const ownAddress = (name: string, member: string, path: string): Row => ({
  area: 'endpoint',
  name,
  outcome: 'works_as',
  as: path,
  prove: async (place) => {
    const metadata = await getJson(place, AUTHORIZATION_SERVER);
    expect(metadata[member]).toBe(`${place.stack.publicUrl}${path}`);
  },
});

/** A document that a listener of its own serves as the public one does. */
const besideDocument = (path: string): Row => ({
  area: 'endpoint',
  name: `:3001${path}`,
  outcome: 'works',
  prove: async (place) => {
    const beside = await fetch(`${place.stack.side['metadata'] ?? ''}${path}`);
    expect(beside.status).toBe(200);
    expect(await beside.json()).toEqual(await getJson(place, path));
  },
});

/** Every endpoint the guide names; ports are those of the guide. */
export const endpoints: readonly Row[] = [
  {
    area: 'endpoint',
    name: ':3000/mcp',
    outcome: 'works',
    prove: async ({ listTools }) => expect(await listTools()).toContain('githubSearchCode'),
  },
  {
    area: 'endpoint',
    name: ':3000/',
    outcome: 'refused',
    reason: 'the protected resource is <PUBLIC_URL>/mcp; the answer names it',
    prove: async ({ stack }) => {
      const page = await (await fetch(`${stack.publicUrl}/`)).text();
      expect(page).toContain(stack.mcpUrl);
    },
  },
  {
    area: 'endpoint',
    name: ':3000/health',
    outcome: 'works',
    prove: async (place) => expect(await getJson(place, '/health')).toEqual({ status: 'ok' }),
  },
  {
    area: 'endpoint',
    name: '/.well-known/oauth-protected-resource',
    outcome: 'works',
    prove: async (place) =>
      expect(await getJson(place, '/.well-known/oauth-protected-resource')).toMatchObject({
        resource: place.stack.mcpUrl,
        // A list of issuers, not of objects as in the guide (RFC 9728 §2).
        authorization_servers: [place.stack.publicUrl],
      }),
  },
  {
    area: 'endpoint',
    name: AUTHORIZATION_SERVER,
    outcome: 'works',
    prove: async (place) =>
      expect(await getJson(place, AUTHORIZATION_SERVER)).toMatchObject({
        issuer: place.stack.publicUrl,
        code_challenge_methods_supported: ['S256'],
      }),
  },
  {
    area: 'endpoint',
    name: '/auth/callback',
    outcome: 'works',
    prove: async ({ stack }) => {
      const response = await fetch(`${stack.publicUrl}/auth/callback?code=test&state=test`);
      expect(response.status).toBe(403);
      expect(await response.text()).toContain('not known here');
    },
  },
  {
    area: 'endpoint',
    name: '/oauth/success',
    outcome: 'refused',
    reason: 'a sign-in ends at the redirect URI of the client, never on a page that holds tokens',
    prove: async ({ stack }) => expect((await fetch(`${stack.publicUrl}/oauth/success`)).status).toBe(404),
  },
  {
    area: 'endpoint',
    name: '/.well-known/mcp-server',
    outcome: 'later',
    part: 'server description',
    prove: async ({ stack }) =>
      expect((await fetch(`${stack.publicUrl}/.well-known/mcp-server`)).status).toBe(404),
  },
  ownAddress('authorization_endpoint', 'authorization_endpoint', '/authorize'),
  ownAddress('token_endpoint', 'token_endpoint', '/token'),
  ownAddress('revocation_endpoint', 'revocation_endpoint', '/revoke'),
  besideDocument('/.well-known/oauth-protected-resource'),
  besideDocument(AUTHORIZATION_SERVER),
  {
    area: 'endpoint',
    name: ':8765/auth/callback',
    outcome: 'works_as',
    as: '<PUBLIC_URL>/auth/callback, to which it sends the browser on',
    prove: async ({ stack }) => {
      const query = '/auth/callback?code=test&state=test';
      const answer = await fetch(`${stack.side['callback'] ?? ''}${query}`, { redirect: 'manual' });
      expect(answer.status).toBe(303);
      expect(answer.headers.get('location')).toBe(`${stack.publicUrl}${query}`);
    },
  },
  {
    area: 'endpoint',
    name: ':8765/health',
    outcome: 'works',
    prove: async ({ stack }) => {
      const answer = await fetch(`${stack.side['callback'] ?? ''}/health`);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ status: 'ok' });
    },
  },
];
