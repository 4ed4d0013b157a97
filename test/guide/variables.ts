import { expect } from 'vitest';
import { ConfigurationError } from '../../shared/config/index.ts';
import { until } from '../support/redis.ts';
import { VERSION } from '../../shared/version.ts';
import type { GatewayConfig } from '../../gateway/config/load-config.ts';
import type { GuidePlace, Part, Row } from './row.ts';

const works = (name: string, value: string, read: (config: GatewayConfig) => unknown, is: unknown): Row => ({
  area: 'variable',
  name,
  outcome: 'works',
  prove: ({ configure }) => expect(read(configure({ [name]: value }))).toEqual(is),
});

const worksAs = (name: string, as: string, prove: Row['prove']): Row => ({
  area: 'variable',
  name,
  outcome: 'works_as',
  as,
  prove,
});

const later = (part: Part, names: readonly string[]): Row[] =>
  names.map((name) => ({
    area: 'variable',
    name,
    outcome: 'later',
    part,
    prove: ({ readsVariable }) => expect(readsVariable(name)).toBe(false),
  }));

/** A value that only the local stdio server could serve names the fault and the way out. */
const onlyHosted = (name: string, accepted: string, refused: string): Row => ({
  area: 'variable',
  name,
  outcome: 'works',
  prove: ({ configure }) => {
    expect(() => configure({ [name]: accepted })).not.toThrow();
    expect(() => configure({ [name]: refused })).toThrow(ConfigurationError);
    expect(() => configure({ [name]: refused })).toThrow(/local stdio server/);
  },
});

/** A restriction that is not enforced yet stops the start instead of being believed in. */
const unenforced = (name: string): Row => ({
  area: 'variable',
  name,
  outcome: 'refused',
  reason: 'the restriction is not enforced yet, so the gateway does not start with it',
  prove: ({ configure }) => expect(() => configure({ [name]: 'acme' })).toThrow(ConfigurationError),
});

const debugLog = ({ configure }: GuidePlace) =>
  expect(configure({ LOG_LEVEL: 'debug' }).logLevel).toBe('debug');

async function requestLine({ stack, listTools }: GuidePlace): Promise<void> {
  const lines = () => stack.log.filter((line) => line.includes('"route":"/mcp"')).length;
  const before = lines();
  await listTools();
  await until(() => lines() > before);
}

/** Every environment variable the guide names. */
export const variables: readonly Row[] = [
  works('GITHUB_OAUTH_CLIENT_ID', 'Iv1.0', (config) => config.githubOauthClientId, 'Iv1.0'),
  works('GITHUB_OAUTH_CLIENT_SECRET', 'secret', (config) => config.githubOauthClientSecret, 'secret'),
  works(
    'GITHUB_OAUTH_REDIRECT_URI',
    'http://localhost:3000/auth/callback',
    (config) => config.githubOauthRedirectUri,
    'http://localhost:3000/auth/callback',
  ),
  works('GITHUB_OAUTH_SCOPES', 'repo,read:user,read:org', (config) => [...config.githubOauthScopes].sort(), [
    'read:org',
    'read:user',
    'repo',
  ]),
  onlyHosted('GITHUB_OAUTH_ENABLED', 'true', 'false'),
  onlyHosted('MCP_TRANSPORT', 'http', 'stdio'),
  works('MCP_HTTP_PORT', '3100', (config) => config.publicUrl, 'http://localhost:3100'),
  works('MCP_HTTP_HOST', '0.0.0.0', (config) => config.httpHost, '0.0.0.0'),
  works(
    'GITHUB_HOST',
    'https://github.enterprise.example',
    (config) => config.github.webBase,
    'https://github.enterprise.example',
  ),
  works('LOG_LEVEL', 'debug', (config) => config.logLevel, 'debug'),
  works('ALLOWED_ORIGINS', 'https://app.example.com', (config) => config.allowedOrigins, [
    'https://app.example.com',
  ]),
  worksAs('PORT', 'MCP_HTTP_PORT', ({ configure }) =>
    expect(configure({ MCP_HTTP_PORT: '8081' }).httpPort).toBe(8081),
  ),
  worksAs('npm_package_version', 'the version of package.json, however it is started', () =>
    expect(VERSION).toMatch(/^\d+\.\d+\.\d+/),
  ),
  worksAs('NODE_ENV', 'PUBLIC_URL: https is judged by the issuer, nothing by a mode', ({ configure }) => {
    expect(() => configure({ PUBLIC_URL: 'http://mcp.example.com', NODE_ENV: 'development' })).toThrow(
      /PUBLIC_URL/,
    );
  }),
  worksAs('DEBUG', 'LOG_LEVEL=debug', debugLog),
  worksAs('DEBUG_OAUTH', 'LOG_LEVEL=debug', debugLog),
  worksAs('DEBUG_TOKEN_VALIDATION', 'LOG_LEVEL=debug', debugLog),
  worksAs('DEBUG_MCP_REQUESTS', 'the request line of every call', requestLine),
  worksAs('ENABLE_COMMAND_LOGGING', 'the request line of every call', requestLine),
  worksAs('LOG_FILE_PATH', 'standard output, which a shell or supervisor writes to a file', requestLine),
  works('OAUTH_METADATA_PORT', '3001', (config) => config.metadataPort, 3001),
  works('OAUTH_METADATA_HOST', '0.0.0.0', (config) => config.metadataHost, '0.0.0.0'),
  works('MCP_HTTP_CORS', 'false', (config) => config.cors, false),
  works('OAUTH_METADATA_CORS', 'false', (config) => config.metadataCors, false),
  {
    area: 'variable',
    name: 'ENABLE_OAUTH_CALLBACK_SERVER',
    outcome: 'works',
    // The guide's redirect URI is that of the callback listener: without the listener it leads nowhere.
    prove: ({ configure }) => {
      const env = { GITHUB_OAUTH_REDIRECT_URI: 'http://localhost:8765/auth/callback' };
      expect(configure({ ...env, ENABLE_OAUTH_CALLBACK_SERVER: 'true' }).callbackServer).toBe(true);
      expect(() => configure(env)).toThrow(ConfigurationError);
    },
  },
  works('OAUTH_CALLBACK_PORT', '8765', (config) => config.callbackPort, 8765),
  works('OAUTH_CALLBACK_HOST', '127.0.0.1', (config) => config.callbackHost, '127.0.0.1'),
  works('GITHUB_ORGANIZATION', 'acme', (config) => config.organizations, [
    { organization: 'acme', id: null, team: null },
  ]),
  works('REQUIRE_MFA', 'true', (config) => config.requireMfa, true),
  // The guide compares it with the end of an Origin only, in the mode it calls enterprise.
  worksAs(
    'ENTERPRISE_ALLOWED_DOMAINS',
    'itself with MCP_HTTP_CORS_MODE=enterprise: whole labels of https origins, and refused without the mode',
    ({ configure }) => {
      const domains = { ENTERPRISE_ALLOWED_DOMAINS: 'corp.example' };
      expect(configure({ ...domains, MCP_HTTP_CORS_MODE: 'enterprise' }).allowedDomains).toEqual([
        'corp.example',
      ]);
      expect(() => configure(domains)).toThrow(ConfigurationError);
    },
  ),
  ...['ENTERPRISE_ORGANIZATION', 'REQUIRED_ENTERPRISE_GROUPS', 'GITHUB_SSO_ENFORCEMENT'].map(unenforced),
  ...later('enterprise sign-in', [
    ...['SAML_ENTITY_ID', 'SAML_SSO_URL', 'SAML_CERTIFICATE'],
    ...['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'],
  ]),
  ...later('quotas', ['RATE_LIMIT_API_HOUR', 'RATE_LIMIT_AUTH_HOUR', 'RATE_LIMIT_TOKEN_HOUR']),
  ...later('audit', [
    ...['AUDIT_ALL_ACCESS', 'ELASTICSEARCH_HOST', 'ELASTICSEARCH_USER', 'ELASTICSEARCH_PASSWORD'],
  ]),
];
