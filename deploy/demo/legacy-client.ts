import type { OAuthClientProvider, OAuthDiscoveryState } from '@modelcontextprotocol/sdk/client/auth.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { createOAuthSession } from './sign-in.ts';
import type { SignInOptions } from './sign-in.ts';
import type { ToolVisit } from './tool-visit.ts';
import { DEMO_TOOL, requireToolAnswer } from './tool-visit.ts';

/**
 * Signs in and calls the tool with the SDK most clients are built on (`@modelcontextprotocol/sdk` 1.x): registration,
 * discovery and token requests are the SDK's own.
 * @throws when a step fails
 */
export async function visitWithLegacyClient(mcpUrl: URL, options: SignInOptions): Promise<ToolVisit> {
  const session = createOAuthSession<OAuthClientInformationMixed, OAuthTokens, OAuthDiscoveryState>(options);
  const authProvider: OAuthClientProvider = session;
  const first = new StreamableHTTPClientTransport(mcpUrl, { authProvider });
  await requireUnauthorized(newClient(options).connect(first));
  const code = session.callbackParameters().get('code');
  if (code === null) throw new Error('the redirect back carries no code');
  await first.finishAuth(code);

  const client = newClient(options);
  const transport = new StreamableHTTPClientTransport(mcpUrl, { authProvider });
  await client.connect(transport);
  try {
    const { tools } = await client.listTools();
    const answer = await client.callTool({ name: DEMO_TOOL, arguments: {} });
    return {
      client: options.clientName,
      protocol: transport.protocolVersion ?? 'unknown',
      tools: tools.map(({ name }) => name),
      answer: requireToolAnswer(answer),
    };
  } finally {
    await client.close();
  }
}

function newClient({ clientName }: SignInOptions): Client {
  return new Client({ name: clientName, version: '1.0.0' });
}

async function requireUnauthorized(connecting: Promise<void>): Promise<void> {
  try {
    await connecting;
  } catch (error) {
    if (error instanceof UnauthorizedError) return;
    throw error;
  }
  throw new Error('the endpoint let a client in without a token');
}
