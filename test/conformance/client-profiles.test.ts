import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import type { StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client';
import { UnauthorizedError as LegacyUnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { ClientProfile, DocumentHost } from '../clients/index.ts';
import {
  callTool,
  CLIENT_PROFILES,
  connect,
  RECORDED_PROFILES,
  refresh,
  register,
  startDocumentHost,
} from '../clients/index.ts';
import { createSdkSignIn } from '../support/sdk-session.ts';
import { useFrontedStack } from '../support/use-fronted-stack.ts';
import { verifies } from './verifies.ts';

let documents: DocumentHost;
beforeAll(async () => {
  documents = await startDocumentHost();
});
const front = useFrontedStack(() => ({
  env: { EXTRA_CA_FILE: documents.caFile, CIMD_ALLOWED_HOSTS: documents.host },
}));
afterAll(async () => await documents.close());

const place = () => ({ publicUrl: front.publicUrl, mcpUrl: front.mcpUrl, github: front.github, documents });

/** What a profile's client must be able to do: sign in, call, and go on with its refresh token, if it uses one. */
async function signInCallAndRefresh(profile: ClientProfile, redirect: string): Promise<void> {
  const connection = await connect(place(), profile, redirect);
  expect(await callTool(front.mcpUrl, connection)).toContain('octocat');
  // How such clients go on is in client-without-refresh.test.ts.
  if (profile.renewal === 'signs in again') return;
  // Nobody asked for offline_access, and hosted clients do not (anthropics/claude-ai-mcp#840).
  const refreshed = await refresh(connection, front.mcpUrl);
  expect(refreshed.tokens.refresh_token).not.toBe(connection.tokens.refresh_token);
  expect(await callTool(front.mcpUrl, refreshed)).toContain('octocat');
}

for (const profile of CLIENT_PROFILES) {
  describe(profile.name, () => {
    for (const redirect of profile.redirects) {
      const rest = profile.renewal === undefined ? ', calls a tool and refreshes' : ' and calls a tool';
      const title = `signs in with ${redirect}${rest}`;
      const run = async () => await signInCallAndRefresh(profile, redirect);
      if (profile.identity.kind === 'document') verifies('A2', title, run);
      else verifies('A7', title, run);
    }
  });
}

describe('client documents', () => {
  verifies('D8', 'are advertised next to the method none, or clients do not use them', async () => {
    const answer = await fetch(`${front.publicUrl}/.well-known/oauth-authorization-server`);
    const metadata = (await answer.json()) as Record<string, unknown>;
    expect(metadata['client_id_metadata_document_supported']).toBe(true);
    expect(metadata['token_endpoint_auth_methods_supported']).toContain('none');
  });
});

describe('the consent page for clients as they ship', () => {
  const shown = async (name: string) => {
    const profile = CLIENT_PROFILES.find((each) => each.name === name);
    if (profile === undefined) throw new Error(`there is no profile ${name}`);
    return (await connect(place(), profile, profile.redirects[0] ?? '')).consentPage;
  };

  verifies('A5', 'names the host that gets the answer, or the program by its scheme', async () => {
    expect(await shown('Claude on the web, by registration')).toContain('claude.ai');
    expect(await shown('Cursor')).toContain('cursor://');
  });

  verifies('A6', 'says that the answer goes to a program on this computer', async () => {
    expect(await shown('Claude Code, by its document')).toContain('this computer');
  });
});

describe('what clients register', () => {
  const registrationEndpoint = () => `${front.publicUrl}/register`;
  const asksForSecret = CLIENT_PROFILES.flatMap(({ identity }) =>
    identity.kind === 'registration' && identity.body['token_endpoint_auth_method'] === 'client_secret_post'
      ? [{ identity }]
      : [],
  );

  verifies('A7', 'is answered with the secret a client asks for', async () => {
    expect(asksForSecret.length).toBeGreaterThan(0);
    for (const { identity } of asksForSecret) {
      const answer = await register(registrationEndpoint(), identity, { port: 0, scope: 'read:user' });
      expect(answer['token_endpoint_auth_method']).toBe('client_secret_post');
      expect(answer['client_secret']).toBeTypeOf('string');
    }
  });

  verifies('A7', 'is one client when a public one comes twice within seconds', async () => {
    const { identity } = RECORDED_PROFILES.legacySdk;
    const clientIds: unknown[] = [];
    // Seconds are counted in fixed spans: of three in a row, at most one pair lies on both sides of an edge.
    for (let count = 0; count < 3; count += 1) {
      const answer = await register(registrationEndpoint(), identity, { port: 0, scope: 'read:user' });
      clientIds.push(answer['client_id']);
    }
    expect(new Set(clientIds).size).toBeLessThan(3);
  });

  verifies('A7', 'is two clients when it comes twice with a secret, which nobody else may hold', async () => {
    const [first] = asksForSecret;
    if (first === undefined) throw new Error('no profile asks for a secret');
    const send = async () =>
      await register(registrationEndpoint(), first.identity, { port: 0, scope: 'read:user' });
    const [one, other] = [await send(), await send()];
    expect(one['client_id']).not.toBe(other['client_id']);
    expect(one['client_secret']).not.toBe(other['client_secret']);
  });
});

describe('the profiles of the SDKs', () => {
  /** The body of the registration that `act` caused. */
  async function registrationDuring(act: () => Promise<void>): Promise<unknown> {
    const before = front.exchanges.length;
    await act();
    const sent = front.exchanges.slice(before).find(({ path }) => path === '/register');
    return JSON.parse(sent?.body ?? 'null');
  }
  const expected = ({ identity }: (typeof RECORDED_PROFILES)['legacySdk' | 'currentSdk']) => ({
    ...identity.body,
    scope: 'read:user',
  });

  verifies('A9', 'are what the 1.x client sends', async () => {
    const body = await registrationDuring(async () => {
      const { session } = createSdkSignIn<OAuthClientInformationMixed, OAuthTokens>('SDK host');
      const transport = new LegacyTransport(new URL(front.mcpUrl), { authProvider: session });
      const client = new LegacyClient({ name: 'host', version: '1.0.0' });
      await expect(client.connect(transport)).rejects.toBeInstanceOf(LegacyUnauthorizedError);
    });
    expect(body).toEqual(expected(RECORDED_PROFILES.legacySdk));
  });

  verifies('A9', 'are what the 2.x client sends', async () => {
    const body = await registrationDuring(async () => {
      const { session } = createSdkSignIn<StoredOAuthClientInformation, StoredOAuthTokens>('SDK host');
      const transport = new StreamableHTTPClientTransport(new URL(front.mcpUrl), { authProvider: session });
      const client = new Client({ name: 'host', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
      await expect(client.connect(transport)).rejects.toBeInstanceOf(UnauthorizedError);
    });
    expect(body).toEqual(expected(RECORDED_PROFILES.currentSdk));
  });
});
