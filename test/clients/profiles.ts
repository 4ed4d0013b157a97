import type { ClientProfile } from './profile.ts';
import { PUBLIC_CODE_CLIENT } from './profile.ts';

const CLAUDE_CALLBACK = 'https://claude.ai/api/mcp/auth_callback';

/** The way of clients that read the specification: challenge, metadata, and the scopes they were told. */
const BY_THE_BOOK = {
  firstRequest: 'initialize',
  findsResourceBy: 'challenge',
  findsServerBy: 'oauth-authorization-server',
  asksScope: 'challenged',
} as const;

const claudeDocument = {
  kind: 'document',
  path: '/oauth/mcp-oauth-client-metadata',
  document: {
    ...PUBLIC_CODE_CLIENT,
    client_name: 'Claude',
    redirect_uris: [CLAUDE_CALLBACK],
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
  },
} as const;

const claudeRegistration = {
  kind: 'registration',
  body: {
    ...PUBLIC_CODE_CLIENT,
    client_name: 'Claude',
    redirect_uris: [CLAUDE_CALLBACK],
    token_endpoint_auth_method: 'client_secret_post',
  },
  namesScope: true,
  isTwice: true,
} as const;

/** Clients with pages of their own, and editors. */
export const EDITOR_AND_WEB_PROFILES: readonly ClientProfile[] = [
  {
    ...BY_THE_BOOK,
    name: 'Claude on the web, by its document',
    source: ['anthropics/claude-ai-mcp#518', 'intrafind/ihub-apps#2358'],
    identity: claudeDocument,
    redirects: [CLAUDE_CALLBACK],
  },
  {
    ...BY_THE_BOOK,
    name: 'Claude on the web, by registration',
    source: ['anthropics/claude-ai-mcp#1043', 'anthropics/claude-ai-mcp#966', 'anthropics/claude-code#5826'],
    identity: claudeRegistration,
    redirects: [CLAUDE_CALLBACK],
  },
  {
    ...BY_THE_BOOK,
    // Connectors of the desktop program are served by the same back end as those of the web.
    name: 'Claude Desktop, connector',
    source: ['anthropics/claude-ai-mcp#1043'],
    identity: claudeRegistration,
    redirects: [CLAUDE_CALLBACK],
  },
  {
    ...BY_THE_BOOK,
    name: 'ChatGPT, by its document',
    source: ['django-oauth/django-oauth-toolkit#1857', 'pomerium/pomerium#6692', 'engram-app/Engram#1633'],
    identity: {
      kind: 'document',
      path: '/oauth/client.json',
      document: {
        ...PUBLIC_CODE_CLIENT,
        client_name: 'ChatGPT',
        client_uri: 'https://chatgpt.com/',
        redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'],
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
        token_endpoint_auth_signing_alg: 'RS256',
        jwks_uri: 'https://chatgpt.com/oauth/jwks.json',
      },
    },
    redirects: ['https://chatgpt.com/connector_platform_oauth_redirect'],
  },
  {
    ...BY_THE_BOOK,
    name: 'ChatGPT, by registration',
    source: ['danielealbano/android-remote-control-mcp#166', 'BasedHardware/omi#8824'],
    identity: {
      kind: 'registration',
      body: {
        ...PUBLIC_CODE_CLIENT,
        client_name: 'ChatGPT',
        redirect_uris: ['https://chatgpt.com/connector/oauth/OUbdUMlL15Ct'],
      },
      namesScope: false,
    },
    redirects: ['https://chatgpt.com/connector/oauth/OUbdUMlL15Ct'],
  },
  {
    ...BY_THE_BOOK,
    name: 'VS Code, by its document',
    source: ['microsoft/vscode#271403'],
    identity: {
      kind: 'document',
      path: '/oauth/client-metadata.json',
      document: {
        ...PUBLIC_CODE_CLIENT,
        client_name: 'Visual Studio Code',
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1:33418/', 'https://vscode.dev/redirect'],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      },
    },
    // Another window has the usual port: then it is any.
    redirects: ['http://127.0.0.1:33418/', 'http://127.0.0.1:{port}/', 'https://vscode.dev/redirect'],
  },
  {
    ...BY_THE_BOOK,
    name: 'VS Code, by registration',
    source: ['microsoft/vscode src/vs/base/common/oauth.ts', 'microsoft/vscode#278512'],
    identity: {
      kind: 'registration',
      body: {
        ...PUBLIC_CODE_CLIENT,
        client_name: 'Visual Studio Code',
        client_uri: 'https://code.visualstudio.com',
        application_type: 'native',
        redirect_uris: [
          'https://insiders.vscode.dev/redirect',
          'https://vscode.dev/redirect',
          'http://127.0.0.1/',
          'http://127.0.0.1:33418/',
        ],
      },
      namesScope: true,
    },
    redirects: ['http://127.0.0.1:33418/', 'http://127.0.0.1:{port}/', 'https://vscode.dev/redirect'],
  },
  {
    ...BY_THE_BOOK,
    name: 'Cursor',
    source: [
      'erp-mafia/accounted#2225',
      'different-ai/openwork#3059',
      'bytebase/bytebase#20510',
      'modelcontextprotocol/python-sdk#897',
    ],
    identity: {
      kind: 'registration',
      body: {
        ...PUBLIC_CODE_CLIENT,
        client_name: 'Cursor',
        redirect_uris: [
          'cursor://anysphere.cursor-mcp/oauth/callback',
          'https://www.cursor.com/agents/mcp/oauth/callback',
          'http://localhost:8787/callback',
        ],
      },
      namesScope: false,
    },
    redirects: [
      'cursor://anysphere.cursor-mcp/oauth/callback',
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'http://localhost:8787/callback',
    ],
  },
];
