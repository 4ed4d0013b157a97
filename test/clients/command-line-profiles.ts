import type { ClientProfile } from './profile.ts';
import { PUBLIC_CODE_CLIENT } from './profile.ts';

const BY_THE_BOOK = {
  firstRequest: 'initialize',
  findsResourceBy: 'challenge',
  findsServerBy: 'oauth-authorization-server',
  asksScope: 'challenged',
} as const;

/** Loopback redirects without a port. */
const loopbackDocument = (path: string, name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  kind: 'document' as const,
  path,
  document: {
    ...PUBLIC_CODE_CLIENT,
    client_name: name,
    redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
    ...more,
  },
});

const OPENCODE_CALLBACK = 'http://127.0.0.1:19876/mcp/oauth/callback';

const openCodeRegistration = {
  kind: 'registration',
  body: {
    ...PUBLIC_CODE_CLIENT,
    client_name: 'OpenCode',
    client_uri: 'https://opencode.ai',
    redirect_uris: [OPENCODE_CALLBACK],
  },
  namesScope: true,
} as const;

/** Programs for a terminal. */
export const TERMINAL_PROFILES: readonly ClientProfile[] = [
  {
    ...BY_THE_BOOK,
    // No port and no application type in the document, any port in the request.
    name: 'Claude Code, by its document',
    source: ['anthropics/claude-code#37767', 'anthropics/claude-code#64705', 'PrefectHQ/fastmcp#3588'],
    identity: loopbackDocument('/oauth/claude-code-client-metadata', 'Claude Code'),
    redirects: ['http://localhost:{port}/callback', 'http://127.0.0.1:{port}/callback'],
  },
  {
    ...BY_THE_BOOK,
    name: 'Claude Code, by registration',
    source: ['freelawproject/courtlistener#7938', 'anthropics/claude-code#66511'],
    identity: {
      kind: 'registration',
      body: {
        ...PUBLIC_CODE_CLIENT,
        client_name: 'Claude Code (github)',
        application_type: 'native',
        redirect_uris: ['http://localhost:{port}/callback'],
      },
      namesScope: true,
    },
    redirects: ['http://localhost:{port}/callback'],
  },
  {
    ...BY_THE_BOOK,
    // The end of the path is made from the server's URL.
    name: 'Codex, by registration',
    source: ['openai/codex#30460', 'higgsfield-ai/cli#77'],
    identity: {
      kind: 'registration',
      body: {
        ...PUBLIC_CODE_CLIENT,
        client_name: 'Codex',
        redirect_uris: ['http://127.0.0.1:{port}/callback/6MFBM1In3Ey-'],
      },
      namesScope: false,
    },
    redirects: ['http://127.0.0.1:{port}/callback/6MFBM1In3Ey-'],
  },
  {
    ...BY_THE_BOOK,
    name: 'Codex, by its document',
    source: ['getsentry/sentry-mcp#1312'],
    identity: loopbackDocument('/oauth/codex/client.json', 'Codex'),
    redirects: ['http://127.0.0.1:{port}/callback', 'http://localhost:{port}/callback'],
  },
  {
    // It discovers before it calls, compares the resource exactly, and registers an empty scope.
    name: 'Gemini CLI',
    source: ['google-gemini/gemini-cli packages/core/src/mcp/oauth-provider.ts', 'sigbit/mcp-auth-proxy#177'],
    identity: {
      kind: 'registration',
      body: {
        ...PUBLIC_CODE_CLIENT,
        client_name: 'Gemini CLI MCP Client',
        redirect_uris: ['http://localhost:7777/oauth/callback'],
        scope: '',
      },
      namesScope: false,
    },
    redirects: ['http://localhost:7777/oauth/callback'],
    firstRequest: 'initialize',
    findsResourceBy: 'path',
    findsServerBy: 'oauth-authorization-server',
    asksScope: 'none',
  },
  {
    ...BY_THE_BOOK,
    name: 'OpenCode, by registration',
    source: ['anomalyco/opencode packages/opencode/src/mcp/oauth-provider.ts', 'anomalyco/opencode#31033'],
    identity: openCodeRegistration,
    redirects: [OPENCODE_CALLBACK],
  },
  {
    ...BY_THE_BOOK,
    // It keeps the refresh token and does not use it: the person signs in again, with the registration it has. Claude
    // Code 2.1 and connectors of Claude on the web were reported to do the same.
    name: 'OpenCode 1.17, which does not refresh',
    source: ['anomalyco/opencode#34582', 'anthropics/claude-code#55055', 'anthropics/claude-ai-mcp#228'],
    identity: openCodeRegistration,
    redirects: [OPENCODE_CALLBACK],
    renewal: 'signs in again',
  },
  {
    ...BY_THE_BOOK,
    name: 'OpenCode, by its document',
    source: ['anomalyco/opencode#47737'],
    identity: loopbackDocument('/oauth/opencode/client.json', 'opencode', { application_type: 'native' }),
    redirects: ['http://127.0.0.1:{port}/callback', 'http://localhost:{port}/callback'],
  },
];

const MCP_REMOTE_BODY = {
  ...PUBLIC_CODE_CLIENT,
  client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
  software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
  software_version: '0.15.1',
  application_type: 'native',
  redirect_uris: ['http://localhost:{port}/oauth/callback'],
};

/** What `test/conformance` runs for real; the names are those its tests look up. */
export const RECORDED_PROFILES = {
  mcpRemoteClient: {
    ...BY_THE_BOOK,
    name: 'mcp-remote, one-shot',
    source: 'recorded here',
    identity: {
      kind: 'registration',
      body: { ...MCP_REMOTE_BODY, client_name: 'MCP CLI Client' },
      namesScope: true,
    },
    redirects: ['http://localhost:{port}/oauth/callback'],
    firstRequest: 'GET',
  },
  mcpRemoteBridge: {
    ...BY_THE_BOOK,
    // Also what a desktop program without connectors shows (anthropics/claude-code#24870).
    name: 'mcp-remote, bridge',
    source: 'recorded here',
    identity: {
      kind: 'registration',
      body: { ...MCP_REMOTE_BODY, client_name: 'MCP CLI Proxy' },
      namesScope: true,
    },
    redirects: ['http://localhost:{port}/oauth/callback'],
    firstRequest: 'GET',
  },
  inspector: {
    ...BY_THE_BOOK,
    name: 'Inspector, command line',
    source: 'recorded here',
    identity: {
      kind: 'registration',
      body: {
        ...PUBLIC_CODE_CLIENT,
        client_name: 'MCP Inspector',
        client_uri: 'https://github.com/modelcontextprotocol/inspector',
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1:{port}/oauth/callback'],
      },
      namesScope: true,
    },
    redirects: ['http://127.0.0.1:{port}/oauth/callback'],
    firstRequest: 'server/discover',
  },
  legacySdk: {
    ...BY_THE_BOOK,
    // No application type, no grant types, no method: everything is left to defaults.
    name: 'TypeScript SDK 1.x',
    source: 'recorded here',
    identity: {
      kind: 'registration',
      body: { client_name: 'SDK host', redirect_uris: ['http://127.0.0.1:7777/callback'] },
      namesScope: true,
    },
    redirects: ['http://127.0.0.1:7777/callback'],
  },
  currentSdk: {
    ...BY_THE_BOOK,
    name: 'TypeScript SDK 2.x',
    source: 'recorded here',
    identity: {
      kind: 'registration',
      body: {
        client_name: 'SDK host',
        redirect_uris: ['http://127.0.0.1:7777/callback'],
        grant_types: PUBLIC_CODE_CLIENT.grant_types,
        application_type: 'native',
      },
      namesScope: true,
    },
    redirects: ['http://127.0.0.1:7777/callback'],
    firstRequest: 'server/discover',
  },
} as const satisfies Readonly<Record<string, ClientProfile>>;
