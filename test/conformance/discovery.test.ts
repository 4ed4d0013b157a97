import { describe, expect } from 'vitest';
import { initializeRequest, sendMcp } from '../support/mcp-messages.ts';
import { useStack } from '../support/use-stack.ts';
import { verifies } from './verifies.ts';

const shared = useStack();
type Document = Readonly<Record<string, unknown>>;

const RESOURCE_PATHS = ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'];
const SERVER_PATHS = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];

async function getDocument(url: string): Promise<Document> {
  const response = await fetch(url);
  expect(response.status, url).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  return (await response.json()) as Document;
}

async function challenge(): Promise<string> {
  const { status, headers } = await sendMcp(shared.stack.mcpUrl, initializeRequest());
  expect(status).toBe(401);
  return headers.get('www-authenticate') ?? '';
}

async function metadataUrl(): Promise<string> {
  return /resource_metadata="([^"]+)"/.exec(await challenge())?.[1] ?? '';
}

describe('protected resource metadata (RFC 9728)', () => {
  verifies('D1', 'the document names the resource and one authorization server', async () => {
    const document = await getDocument(await metadataUrl());
    expect(document['resource']).toBe(shared.stack.mcpUrl);
    expect(document['authorization_servers']).toEqual([shared.stack.publicUrl]);
    expect(document['bearer_methods_supported']).toEqual(['header']);
  });

  verifies('D2', 'the challenge names the path form, and the root form serves the same', async () => {
    expect(await metadataUrl()).toBe(`${shared.stack.publicUrl}${RESOURCE_PATHS[0] ?? ''}`);
    const [atPath, atRoot] = await Promise.all(
      RESOURCE_PATHS.map(async (path) => await getDocument(`${shared.stack.publicUrl}${path}`)),
    );
    expect(atRoot).toEqual(atPath);
  });

  verifies('D3', 'a page of another origin can read every discovery document', async () => {
    for (const path of [...RESOURCE_PATHS, ...SERVER_PATHS]) {
      const response = await fetch(`${shared.stack.publicUrl}${path}`, {
        headers: { origin: 'https://inspector.example', 'mcp-protocol-version': '2025-06-18' },
      });
      expect(response.headers.get('access-control-allow-origin'), path).toBe('*');
    }
  });

  verifies('R8', 'challenge and metadata name the same baseline scope', async () => {
    const { scopes_supported: scopes } = await getDocument(await metadataUrl());
    expect(/scope="([^"]*)"/.exec(await challenge())?.[1]).toBe((scopes as string[]).join(' '));
    expect(scopes).toEqual(['read:user']);
  });

  verifies('A17', 'neither challenge nor metadata asks for offline_access', async () => {
    expect(await challenge()).not.toContain('offline_access');
    const document = await getDocument(await metadataUrl());
    expect(document['scopes_supported']).not.toContain('offline_access');
  });
});

describe('authorization server metadata (RFC 8414)', () => {
  async function documents(): Promise<[Document, Document]> {
    const [oauth, openid] = await Promise.all(
      SERVER_PATHS.map(async (path) => await getDocument(`${shared.stack.publicUrl}${path}`)),
    );
    return [oauth ?? {}, openid ?? {}];
  }

  verifies('D4', 'the document lists the endpoints and what works there', async () => {
    const { publicUrl } = shared.stack;
    const [document] = await documents();
    expect(document).toMatchObject({
      authorization_endpoint: `${publicUrl}/authorize`,
      token_endpoint: `${publicUrl}/token`,
      registration_endpoint: `${publicUrl}/register`,
      revocation_endpoint: `${publicUrl}/revoke`,
      jwks_uri: `${publicUrl}/jwks`,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      device_authorization_endpoint: `${publicUrl}/device_authorization`,
    });
    expect(document['token_endpoint_auth_methods_supported']).toContain('none');
    expect(document['protected_resources']).toEqual([shared.stack.mcpUrl]);
  });

  verifies('D4', 'nothing is listed that is not served', async () => {
    const [document] = await documents();
    for (const name of Object.keys(document).filter((key) => key.endsWith('_endpoint'))) {
      const response = await fetch(String(document[name]), { redirect: 'manual' });
      const posted = await fetch(String(document[name]), { method: 'POST', redirect: 'manual' });
      expect(
        [response.status, posted.status].some((status) => status !== 404),
        name,
      ).toBe(true);
    }
  });

  verifies('D5', 'both root forms answer with one and the same document', async () => {
    const [oauth, openid] = await documents();
    expect(openid).toEqual(oauth);
  });

  verifies('D6', 'the issuer is the string that protected resource metadata names', async () => {
    const { authorization_servers: servers } = await getDocument(await metadataUrl());
    for (const document of await documents()) expect(document['issuer']).toBe((servers as string[])[0]);
  });

  verifies('D7', 'both documents list S256 and nothing weaker', async () => {
    for (const document of await documents()) {
      expect(document['code_challenge_methods_supported']).toEqual(['S256']);
    }
  });

  verifies('D9', 'the document says that answers carry iss', async () => {
    for (const document of await documents()) {
      expect(document['authorization_response_iss_parameter_supported']).toBe(true);
    }
  });
});
