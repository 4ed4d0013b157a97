import { expect } from 'vitest';
import { postForm } from '../support/oauth-client.ts';
import type { GuidePlace, Row } from './row.ts';

const LIST = { jsonrpc: '2.0', method: 'tools/list', id: 1 };

/** As the guide's clients post: a content type, a token, and no `Accept` of their own. */
async function post(url: string, body: unknown, accessToken?: string): Promise<Response> {
  const authorization = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
  return await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: '*/*', ...authorization },
    body: JSON.stringify(body),
  });
}

const call = (name: string, args: unknown) => ({
  jsonrpc: '2.0',
  method: 'tools/call',
  id: 7,
  params: { name, arguments: args },
});

const laterTool = (name: string, action: string): Row => ({
  area: 'request',
  name: `tools/call ${name} ${action}`,
  outcome: 'later',
  part: 'account tools',
  prove: async ({ listTools }) => expect(await listTools()).not.toContain(name),
});

async function refusedAtRoot({ stack, accessToken }: GuidePlace): Promise<void> {
  for (const token of [accessToken, undefined]) {
    const response = await post(`${stack.publicUrl}/`, { ...LIST, id: 1701 }, token);
    expect(response.status).toBe(404);
    const answer = (await response.json()) as { jsonrpc: string; id: number; error: { message: string } };
    expect(answer).toMatchObject({ jsonrpc: '2.0', id: 1701 });
    expect(answer.error.message).toContain(stack.mcpUrl);
  }
}

async function challenged({ stack }: GuidePlace): Promise<void> {
  const response = await post(stack.mcpUrl, LIST);
  expect(response.status).toBe(401);
  const metadata = `${stack.publicUrl}/.well-known/oauth-protected-resource/mcp`;
  const challenge = response.headers.get('www-authenticate') ?? '';
  expect(challenge).toContain(`resource_metadata="${metadata}"`);
  // Nothing is wrong with a token that was not sent: no `error` (RFC 6750 §3.1), unlike the guide.
  expect(challenge).not.toContain('error=');
  const body = (await response.json()) as Record<string, unknown>;
  expect(body).toMatchObject({ error: 'unauthorized', oauth_metadata: metadata });
  expect((await fetch(String(body['oauth_metadata']))).status).toBe(200);
}

async function discoverableFromPages({ stack }: GuidePlace): Promise<void> {
  // A content type makes a browser ask first.
  for (const document of ['oauth-protected-resource', 'oauth-authorization-server']) {
    const url = `${stack.publicUrl}/.well-known/${document}`;
    const headers = {
      origin: 'https://app.example.com',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'content-type',
    };
    const preflight = await fetch(url, { method: 'OPTIONS', headers });
    expect(preflight.ok, document).toBe(true);
    expect(preflight.headers.get('access-control-allow-origin'), document).toBe('*');
    expect((preflight.headers.get('access-control-allow-headers') ?? '').toLowerCase(), document).toContain(
      'content-type',
    );
  }
}

async function redemptionWithoutClient({ stack }: GuidePlace): Promise<void> {
  const response = await postForm(`${stack.publicUrl}/token`, {
    client_id: 'your_client_id',
    client_secret: 'your_client_secret',
    code: 'code',
    code_verifier: 'verifier',
  });
  expect([400, 401]).toContain(response.status);
  const { error } = (await response.json()) as { error: string };
  expect(['invalid_client', 'invalid_request', 'unsupported_grant_type']).toContain(error);
}

/** Every request the guide's clients send. */
export const requests: readonly Row[] = [
  {
    area: 'request',
    name: 'POST / tools/list',
    outcome: 'refused',
    reason: 'a JSON-RPC error with the id of the request names <PUBLIC_URL>/mcp',
    prove: refusedAtRoot,
  },
  { area: 'request', name: 'POST /mcp without token', outcome: 'works', prove: challenged },
  {
    area: 'request',
    name: 'POST /mcp tools/list with token, no Accept',
    outcome: 'works',
    prove: async ({ listTools }) => expect((await listTools()).length).toBeGreaterThan(0),
  },
  {
    area: 'request',
    name: 'tools/call githubSearchCode',
    outcome: 'works',
    prove: async ({ stack, accessToken }) => {
      const queries = [{ queryTerms: ['hello'], owner: 'octocat', repo: 'hello-world', limit: 1 }];
      const response = await post(stack.mcpUrl, call('githubSearchCode', { queries }), accessToken);
      expect(response.status).toBe(200);
      const text = await response.text();
      expect(text).toContain('"id":7');
      expect(text).not.toContain('"isError":true');
      expect(text).toContain('hello-world');
    },
  },
  laterTool('simpleOAuth', 'authenticate'),
  laterTool('simpleOAuth', 'status'),
  {
    area: 'request',
    name: 'GET metadata from a web page with Content-Type',
    outcome: 'works',
    prove: discoverableFromPages,
  },
  {
    area: 'request',
    name: 'POST login/oauth/access_token from a web page',
    outcome: 'refused',
    reason: 'codes are redeemed at /token by the client they were issued to; GitHub’s secret stays here',
    prove: redemptionWithoutClient,
  },
];
