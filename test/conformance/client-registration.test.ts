import { describe, expect } from 'vitest';
import { openBrowser } from '../../deploy/demo/browser.ts';
import { authorizationRequest, postJson, signIn } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';
import { verifies } from './verifies.ts';

const shared = useStack();
const LOOPBACK = 'http://127.0.0.1/callback';

async function register(metadata: Record<string, unknown>): Promise<Record<string, unknown>> {
  const response = await postJson(`${shared.stack.publicUrl}/register`, metadata);
  const text = await response.text();
  expect(response.status, text).toBe(201);
  return JSON.parse(text) as Record<string, unknown>;
}

describe('dynamic registration (RFC 7591)', () => {
  verifies('A7', 'the answer repeats what was registered and holds no secret', async () => {
    const answer = await register({ client_name: 'Editor', redirect_uris: [LOOPBACK] });
    expect(answer['client_id']).toBeTypeOf('string');
    expect(answer).toMatchObject({
      client_name: 'Editor',
      redirect_uris: [LOOPBACK],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    });
    expect(answer['client_secret']).toBeUndefined();
  });

  verifies('A7', 'a client that registered signs a person in', async () => {
    expect((await signIn(shared.stack)).tokens.access_token).not.toBe('');
  });

  verifies(
    'A9',
    'a loopback client uses any port, with a right, a wrong and no application_type',
    async () => {
      for (const type of ['native', 'web', undefined]) {
        const answer = await register({
          redirect_uris: [LOOPBACK],
          ...(type === undefined ? {} : { application_type: type }),
        });
        const client = {
          clientId: String(answer['client_id']),
          redirectUri: 'http://127.0.0.1:49152/callback',
        };
        const page = await openBrowser().get(authorizationRequest(shared.stack.publicUrl, client).url);
        expect(page.location, String(type)).toContain('/interaction/');
      }
    },
  );

  const SHIPPING_CLIENTS: Record<string, Record<string, unknown>> = {
    'an editor with three kinds of redirect': {
      redirect_uris: [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'http://localhost:8787/callback',
      ],
      token_endpoint_auth_method: 'none',
    },
    'an editor that names its scope': {
      redirect_uris: ['http://127.0.0.1/', 'http://127.0.0.1:33418/', 'https://vscode.dev/redirect'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
      application_type: 'native',
      scope: 'read:user',
    },
    'a hosted assistant': {
      client_name: 'Assistant',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_post',
      scope: 'read:user repo',
    },
    'a bridge with empty fields': {
      redirect_uris: ['http://localhost:3335/oauth/callback'],
      client_name: 'mcp-remote',
      client_uri: '',
      scope: '',
      contacts: null,
      software_version: '0.1',
    },
  };
  for (const [title, metadata] of Object.entries(SHIPPING_CLIENTS)) {
    verifies('A7', `${title} is registered`, async () => {
      const answer = await register(metadata);
      expect(answer['redirect_uris']).toEqual(metadata['redirect_uris']);
      expect(answer['token_endpoint_auth_method']).toBe(metadata['token_endpoint_auth_method'] ?? 'none');
    });
  }
});
