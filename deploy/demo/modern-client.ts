import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { createOAuthSession } from './sign-in.ts';
import type { SignInOptions } from './sign-in.ts';
import type { ToolVisit } from './tool-visit.ts';
import { DEMO_TOOL, requireToolAnswer } from './tool-visit.ts';

const PINNED = '2026-07-28';

/**
 * The same with the client of the current revision (`@modelcontextprotocol/client` 2.x), pinned to it: it does not
 * fall back to `initialize`, and it checks `iss` (RFC 9207).
 * @throws when a step fails
 */
export async function visitWithModernClient(mcpUrl: URL, options: SignInOptions): Promise<ToolVisit> {
  const session = createOAuthSession<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>(
    options,
  );
  const authProvider: OAuthClientProvider = session;
  const first = new StreamableHTTPClientTransport(mcpUrl, { authProvider });
  await requireUnauthorized(newClient(options).connect(first));
  await first.finishAuth(session.callbackParameters());

  const client = newClient(options);
  await client.connect(new StreamableHTTPClientTransport(mcpUrl, { authProvider }));
  try {
    const { tools } = await client.listTools();
    const answer = await client.callTool({ name: DEMO_TOOL, arguments: {} });
    return {
      client: options.clientName,
      protocol: client.getNegotiatedProtocolVersion() ?? 'unknown',
      tools: tools.map(({ name }) => name),
      answer: requireToolAnswer(answer),
    };
  } finally {
    await client.close();
  }
}

function newClient({ clientName }: SignInOptions): Client {
  return new Client(
    { name: clientName, version: '1.0.0' },
    { versionNegotiation: { mode: { pin: PINNED } } },
  );
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
