import type {
  StoredOAuthClientInformation,
  StoredOAuthTokens,
  VersionNegotiationMode,
} from '@modelcontextprotocol/client';
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { UnauthorizedError as LegacyUnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { describe, expect } from 'vitest';
import { createSdkSignIn } from '../support/sdk-session.ts';
import { useStack } from '../support/use-stack.ts';
import { verifies } from './verifies.ts';

const shared = useStack(() => ({ workers: 2 }));
const IDENTITY = { name: 'conformance', version: '1.0.0' };
const CALL = { name: 'githubGetMe', arguments: {} };

/** Signs in with the 2.x client and calls the tool; answers what it negotiated. */
async function visitWithCurrentClient(mode: VersionNegotiationMode | undefined, login: string) {
  const url = new URL(shared.stack.mcpUrl);
  const signIn = createSdkSignIn<StoredOAuthClientInformation, StoredOAuthTokens>('Current client');
  const options = mode === undefined ? {} : { versionNegotiation: { mode } };
  const newTransport = () => new StreamableHTTPClientTransport(url, { authProvider: signIn.session });
  const first = newTransport();
  await expect(new Client(IDENTITY, options).connect(first)).rejects.toBeInstanceOf(UnauthorizedError);
  const callback = await signIn.approve(shared.stack, login);
  await first.finishAuth(callback);
  const client = new Client(IDENTITY, options);
  await client.connect(newTransport());
  try {
    const { tools } = await client.listTools();
    const result = await client.callTool(CALL);
    return {
      version: client.getNegotiatedProtocolVersion(),
      tools: tools.map(({ name }) => name),
      text: JSON.stringify(result),
      callback,
      signIn,
    };
  } finally {
    await client.close();
  }
}

/** The same with the 1.x client, which most shipping programs are built on. */
async function visitWithLegacyClient(login: string) {
  const url = new URL(shared.stack.mcpUrl);
  const signIn = createSdkSignIn<OAuthClientInformationMixed, OAuthTokens>('Legacy client');
  const newTransport = () => new LegacyTransport(url, { authProvider: signIn.session });
  const first = newTransport();
  await expect(new LegacyClient(IDENTITY).connect(first)).rejects.toBeInstanceOf(LegacyUnauthorizedError);
  const callback = await signIn.approve(shared.stack, login);
  await first.finishAuth(callback.get('code') ?? '');
  const client = new LegacyClient(IDENTITY);
  const transport = newTransport();
  await client.connect(transport);
  try {
    const { tools } = await client.listTools();
    const result = await client.callTool(CALL);
    return {
      version: transport.protocolVersion,
      tools: tools.map(({ name }) => name),
      text: JSON.stringify(result),
      signIn,
    };
  } finally {
    await client.close();
  }
}

describe('clients as they ship', () => {
  verifies('A7', 'the 1.x client registers, signs in, lists and calls over initialize', async () => {
    const visit = await visitWithLegacyClient('octocat');
    expect(visit.version).toBe('2025-11-25');
    expect(visit.tools).toContain('githubGetMe');
    expect(visit.text).toContain('octocat');
    expect(visit.signIn.session.tokens()?.refresh_token).toBeTypeOf('string');
  });

  verifies(
    'T13',
    'the 2.x client pinned to 2026-07-28 signs in, lists and calls without initialize',
    async () => {
      const visit = await visitWithCurrentClient({ pin: '2026-07-28' }, 'hubot');
      expect(visit.version).toBe('2026-07-28');
      expect(visit.tools).toContain('githubGetMe');
      expect(visit.text).toContain('hubot');
    },
  );

  verifies('T13', 'the 2.x client left to choose takes 2026-07-28', async () => {
    const visit = await visitWithCurrentClient('auto', 'octocat');
    expect(visit.version).toBe('2026-07-28');
    expect(visit.text).toContain('octocat');
  });

  verifies('L2', 'the 2.x client as it comes opens with initialize', async () => {
    const visit = await visitWithCurrentClient(undefined, 'octocat');
    expect(visit.version).toBe('2025-11-25');
    expect(visit.text).toContain('octocat');
  });

  verifies('R8', 'a client asks for the scope of the challenge and for this resource', async () => {
    const { signIn } = await visitWithCurrentClient('auto', 'octocat');
    const asked = signIn.authorizationUrl().searchParams;
    expect(asked.get('scope')).toBe('read:user');
    expect(asked.get('resource')).toBe(shared.stack.mcpUrl);
    expect(asked.get('code_challenge_method')).toBe('S256');
  });

  verifies('A13', 'the 2.x client takes our iss and refuses another', async () => {
    const { callback } = await visitWithCurrentClient('auto', 'octocat');
    expect(callback.get('iss')).toBe(shared.stack.publicUrl);
    const signIn = createSdkSignIn<StoredOAuthClientInformation, StoredOAuthTokens>('Mixed up');
    const transport = new StreamableHTTPClientTransport(new URL(shared.stack.mcpUrl), {
      authProvider: signIn.session,
    });
    await expect(new Client(IDENTITY).connect(transport)).rejects.toBeInstanceOf(UnauthorizedError);
    const forged = await signIn.approve(shared.stack, 'octocat');
    forged.set('iss', 'https://evil.example');
    await expect(transport.finishAuth(forged)).rejects.toThrow();
  });
});
