import { describe, expect, it } from 'vitest';
import { DEFAULT_SCHEMES } from '../../../gateway/clients/index.ts';
import { loadGatewayConfig } from '../../../gateway/config/load-config.ts';
import { ConfigurationError } from '../../../shared/config/index.ts';
import type { ConfigFault, Environment } from '../../../shared/config/index.ts';
import { parseGitHubHost } from '../../../shared/github/index.ts';

const KEY = `k1:${Buffer.alloc(32, 1).toString('base64url')}`;

const minimal: Environment = {
  GITHUB_OAUTH_CLIENT_ID: 'Iv1.0123456789abcdef',
  GITHUB_OAUTH_CLIENT_SECRET: 'client-secret',
  WORKER_URLS: 'http://127.0.0.1:8080',
};

const noFiles = (): string => {
  throw new Error('no files here');
};

const load = (env: Environment) => loadGatewayConfig({ ...minimal, ...env }, noFiles);

function faultsOf(env: Environment): readonly ConfigFault[] {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

describe('loadGatewayConfig', () => {
  it('starts from three values', () => {
    expect(load({})).toEqual({
      publicUrl: 'http://localhost:3000',
      grantsPerClient: 20,
      forwardedHeader: 'x-forwarded-for',
      keepAliveSeconds: 65,
      callsPerAccount: 32,
      streamsPerAccount: 20,
      maxConnections: undefined,
      adminHost: '127.0.0.1',
      adminPort: 9466,
      adminToken: undefined,
      callbackHost: '127.0.0.1',
      callbackPort: 8765,
      callbackServer: false,
      metadataHost: '127.0.0.1',
      metadataPort: undefined,
      signingKeyMaxAgeSeconds: 7_776_000,
      authorizationsPerMinute: 600,
      tokenRequestsPerMinute: 3000,
      clientRedirectAllowlist: undefined,
      clientRedirectSchemes: DEFAULT_SCHEMES,
      maxUnusedClients: 10_000,
      supportContact: undefined,
      httpHost: 'localhost',
      httpPort: 3000,
      opsHost: '127.0.0.1',
      opsPort: 9464,
      trustedProxies: [],
      allowedOrigins: [],
      allowedDomains: [],
      cors: true,
      corsMode: 'production',
      metadataCors: true,
      maxBodyBytes: 1_048_576,
      requestTimeoutSeconds: 120,
      githubOauthClientId: 'Iv1.0123456789abcdef',
      githubOauthClientSecret: 'client-secret',
      githubOauthRedirectUri: 'http://localhost:3000/auth/callback',
      githubOauthScopes: ['repo', 'read:user', 'read:org'],
      githubOauthBaselineScopes: ['read:user'],
      githubHost: 'https://github.com',
      githubWebUrl: undefined,
      githubApiUrl: undefined,
      github: parseGitHubHost('github.com'),
      organizations: [],
      requireMfa: false,
      requiredScopes: [],
      membershipMaxAgeSeconds: 900,
      githubWebhookSecret: undefined,
      accessTokenTtlSeconds: 300,
      refreshTokenIdleTtlSeconds: 1_209_600,
      refreshTokenMaxTtlSeconds: 7_776_000,
      refreshTokenReuseWindowSeconds: 30,
      clientDocumentHosts: undefined,
      clientDocuments: true,
      preregisteredClients: undefined,
      registrationsPerHour: 100,
      clientRegistration: 'open',
      gatewayKeys: undefined,
      vaultKeys: undefined,
      workerUrls: ['http://127.0.0.1:8080'],
      workerAllowHttp: false,
      workerGateKey: undefined,
      store: 'sqlite',
      stateDir: '.state',
      logLevel: 'info',
      shutdownGraceSeconds: 20,
      httpsProxy: undefined,
      noProxy: undefined,
      extraCa: undefined,
      redisNodes: [{ host: '127.0.0.1', port: 6379 }],
      redisSentinelMaster: undefined,
      redisCluster: false,
      redisUsername: undefined,
      redisTls: false,
      redisAllowPlain: false,
      readRedisPassword: expect.any(Function) as unknown,
      secretFiles: {},
      warnings: [],
    });
  });

  it('names everything that is missing at once', () => {
    const attempt = () => loadGatewayConfig({}, noFiles);
    expect(attempt).toThrow(/^GITHUB_OAUTH_CLIENT_ID: .*\nGITHUB_OAUTH_CLIENT_SECRET: .*\nWORKER_URLS: /);
  });

  it('prints no secret in a fault', () => {
    const secret = 'not a key and not to be printed';
    for (const name of [
      'GATEWAY_KEYS',
      'VAULT_KEYS',
      'WORKER_GATE_KEY',
      'HTTPS_PROXY',
      'GITHUB_OAUTH_CLIENT_SECRET',
    ]) {
      const [fault] = faultsOf({ [name]: secret });
      expect(fault).toMatchObject({ name, found: 'set, 31 characters' });
      expect(JSON.stringify(fault)).not.toContain(secret);
    }
  });

  it('accepts the names of existing deployments', () => {
    const { readRedisPassword: _named, ...named } = load({
      GITHUB_OAUTH_ENABLED: 'true',
      MCP_TRANSPORT: 'http',
    });
    const { readRedisPassword: _plain, ...plain } = load({});
    expect(named).toEqual(plain);
  });

  it.each([
    ['GITHUB_OAUTH_ENABLED', 'false'],
    ['MCP_TRANSPORT', 'stdio'],
  ])('refuses %s=%s as the hosted gateway it is', (name, value) => {
    expect(faultsOf({ [name]: value })).toMatchObject([
      { name, remedy: expect.stringContaining('This product is the hosted gateway') as string },
    ]);
  });

  it.each([
    ['STORE', 'postgres', 'sqlite'],
    ['CLIENT_REGISTRATION', 'closed', 'open or allowlist or off'],
    ['CLIENT_REDIRECT_ALLOWLIST', 'loopback', 'no effect without'],
    ['CLIENT_REDIRECT_SCHEMES', 'cursor:', 'without a colon'],
    ['ACCESS_TOKEN_TTL', '59', '60 to 3600'],
    ['ACCESS_TOKEN_TTL', '3601', '60 to 3600'],
    ['REFRESH_TOKEN_REUSE_WINDOW', '301', '0 to 300'],
    ['PUBLIC_URL', 'http://mcp.example.com', 'loopback'],
    ['PUBLIC_URL', 'https://mcp.example.com/base', 'bare origin'],
    ['GITHUB_HOST', 'http://git.example.com', 'https'],
    ['TRUSTED_PROXIES', '0.0.0.0/0', 'no network of every address'],
    ['LOG_LEVEL', 'verbose', 'info'],
    ['MCP_HTTP_PORT', '65536', '65535'],
  ])('refuses %s=%s, saying what it wants', (name, value, hint) => {
    const faults = faultsOf({ [name]: value });
    expect(faults.map((fault) => fault.name)).toEqual([name]);
    expect(faults[0]?.problem).toContain(hint);
  });

  it('needs PUBLIC_URL when the system chooses the port', () => {
    expect(faultsOf({ MCP_HTTP_PORT: '0' })).toMatchObject([{ name: 'PUBLIC_URL' }]);
    expect(load({ MCP_HTTP_PORT: '0', PUBLIC_URL: 'https://mcp.example.com' }).httpPort).toBe(0);
  });

  it('leaves no default port in the issuer', () => {
    expect(load({ MCP_HTTP_PORT: '80' }).publicUrl).toBe('http://localhost');
  });

  it('refuses one port for two listeners, except that both may be chosen by the system', () => {
    expect(faultsOf({ OPS_PORT: '3000' })).toMatchObject([{ name: 'OPS_PORT' }]);
    expect(faultsOf({ OPS_PORT: '0', MCP_HTTP_PORT: '0', PUBLIC_URL: 'http://localhost:3000' })).toEqual([]);
  });

  it.each([
    [{ ADMIN_PORT: '9464' }, 'ADMIN_PORT: must differ from OPS_PORT'],
    [{ OAUTH_METADATA_PORT: '3000' }, 'OAUTH_METADATA_PORT: must differ from MCP_HTTP_PORT'],
    [{ OAUTH_METADATA_PORT: '9466' }, 'OAUTH_METADATA_PORT: must differ from ADMIN_PORT'],
    [{ OAUTH_METADATA_PORT: '3000', OAUTH_METADATA_HOST: '0.0.0.0' }, 'must differ from MCP_HTTP_PORT'],
    [
      { ENABLE_OAUTH_CALLBACK_SERVER: 'true', OAUTH_CALLBACK_PORT: '9464' },
      'OAUTH_CALLBACK_PORT: must differ from OPS_PORT',
    ],
  ])('refuses a side listener on an address that is taken: %j', (env, problem) => {
    const faults = faultsOf({ ADMIN_TOKEN: 'x'.repeat(32), ...env });
    expect(faults.map(({ name, problem: found }) => `${name}: ${found}`)).toEqual([
      expect.stringContaining(problem),
    ]);
  });

  it.each([
    [{ ADMIN_PORT: '9464' }],
    [{ OAUTH_CALLBACK_PORT: '9464' }],
    [{ OAUTH_METADATA_PORT: '3000', OAUTH_METADATA_HOST: '10.0.0.7' }],
    [{ ADMIN_TOKEN: 'x'.repeat(32), ADMIN_PORT: '0', OAUTH_METADATA_PORT: '0' }],
  ])('accepts a port twice where no two listeners need it: %j', (env) => {
    expect(faultsOf(env)).toEqual([]);
  });

  it('accepts the redirect URI of the issuer', () => {
    const uri = 'https://mcp.example.com/auth/callback';
    const env = { PUBLIC_URL: 'https://mcp.example.com', GITHUB_OAUTH_REDIRECT_URI: uri };
    expect(load(env).githubOauthRedirectUri).toBe(uri);
  });

  it.each([
    'https://other.example.com/auth/callback',
    'https://mcp.example.com/elsewhere',
    'http://localhost:8765/auth/callback',
    'https://mcp.example.com:8443/auth/callback',
  ])('refuses the redirect URI %s, where the cookie of the login never arrives', (uri) => {
    const env = { PUBLIC_URL: 'https://mcp.example.com', GITHUB_OAUTH_REDIRECT_URI: uri };
    expect(faultsOf(env)).toMatchObject([{ name: 'GITHUB_OAUTH_REDIRECT_URI', found: JSON.stringify(uri) }]);
  });

  it.each([
    ['ENTERPRISE_ORGANIZATION', 'acme'],
    ['GITHUB_SSO_ENFORCEMENT', 'true'],
    ['REQUIRED_ENTERPRISE_GROUPS', 'developers'],
  ])('refuses %s, a restriction it would not enforce', (name, value) => {
    expect(faultsOf({ [name]: value })).toMatchObject([{ name }]);
    expect(faultsOf({ [name]: 'false' })).toEqual([]);
  });

  it('reads organizations and teams as alternatives, and asks for the scopes that check them', () => {
    const config = load({ GITHUB_ORGANIZATION: 'Acme, globex/Platform', REQUIRE_MFA: 'true' });
    expect(config.organizations).toEqual([
      { organization: 'acme', id: null, team: null },
      { organization: 'globex', id: null, team: 'platform' },
    ]);
    expect(config.requiredScopes).toEqual(['read:org', 'read:user']);
    expect(config.githubOauthBaselineScopes).toEqual(['read:user', 'read:org']);
  });

  it.each([
    'Acme Corp',
    'acme,Globex Inc',
    'true',
    'false',
    'acme/',
    '/platform',
    'acme/a/b',
    'https://github.com/acme',
  ])('refuses GITHUB_ORGANIZATION=%s, which names no organization', (value) => {
    expect(faultsOf({ GITHUB_ORGANIZATION: value })).toMatchObject([{ name: 'GITHUB_ORGANIZATION' }]);
  });

  it.each([
    [{ GITHUB_ORGANIZATION: 'acme', GITHUB_OAUTH_SCOPES: 'repo,read:user' }, 'GITHUB_OAUTH_SCOPES'],
    [{ GITHUB_ORGANIZATION: 'acme', GITHUB_OAUTH_BASELINE_SCOPES: 'repo' }, 'GITHUB_OAUTH_BASELINE_SCOPES'],
    [{ REQUIRE_MFA: 'true', GITHUB_OAUTH_BASELINE_SCOPES: 'read:org' }, 'GITHUB_OAUTH_BASELINE_SCOPES'],
  ])('refuses %j, whose tokens could not be checked', (env, name) => {
    const rule = Object.keys(env)[0] ?? '';
    expect(faultsOf(env)).toMatchObject([{ name, problem: expect.stringContaining(rule) as string }]);
  });

  it('asks a GitHub App for no scopes, whatever the rules', () => {
    const env = { GITHUB_ORGANIZATION: 'acme', REQUIRE_MFA: 'true', GITHUB_OAUTH_SCOPES: 'none' };
    expect(load(env)).toMatchObject({ requiredScopes: [], githubOauthBaselineScopes: [] });
  });

  it('refuses a webhook secret that can be guessed, and never prints it', () => {
    const [fault] = faultsOf({ GITHUB_WEBHOOK_SECRET: 'short-secret' });
    expect(fault).toMatchObject({ name: 'GITHUB_WEBHOOK_SECRET', found: 'set, 12 characters' });
  });

  it('refuses baseline scopes that are not allowed, and a default that is not', () => {
    expect(faultsOf({ GITHUB_OAUTH_BASELINE_SCOPES: 'gist' })).toMatchObject([
      { name: 'GITHUB_OAUTH_BASELINE_SCOPES', problem: expect.stringContaining('gist') as string },
    ]);
    expect(faultsOf({ GITHUB_OAUTH_SCOPES: 'repo' })).toMatchObject([
      { name: 'GITHUB_OAUTH_BASELINE_SCOPES' },
    ]);
  });

  it('takes the empty set for both scope lists of a GitHub App', () => {
    expect(load({ GITHUB_OAUTH_SCOPES: 'none' })).toMatchObject({
      githubOauthScopes: [],
      githubOauthBaselineScopes: [],
    });
  });

  it('refuses half an override of GitHub’s addresses', () => {
    expect(faultsOf({ GITHUB_WEB_URL: 'http://127.0.0.1:4000' })).toMatchObject([{ name: 'GITHUB_API_URL' }]);
    expect(faultsOf({ GITHUB_API_URL: 'http://127.0.0.1:4000' })).toMatchObject([{ name: 'GITHUB_WEB_URL' }]);
  });

  it('takes a simulator on loopback in place of GitHub, and nothing elsewhere', () => {
    const bases = { GITHUB_WEB_URL: 'http://127.0.0.1:4000', GITHUB_API_URL: 'http://127.0.0.1:4001' };
    expect(load(bases).github).toMatchObject({
      webBase: 'http://127.0.0.1:4000',
      apiBase: 'http://127.0.0.1:4001',
    });
    expect(faultsOf({ ...bases, GITHUB_API_URL: 'https://api.example.com' })).toMatchObject([
      { name: 'GITHUB_WEB_URL', problem: expect.stringContaining('loopback') as string },
    ]);
  });

  it('refuses lifetimes that contradict each other', () => {
    expect(faultsOf({ REFRESH_TOKEN_IDLE_TTL: '1000', REFRESH_TOKEN_MAX_TTL: '999' })).toMatchObject([
      { name: 'REFRESH_TOKEN_IDLE_TTL', problem: 'must not exceed REFRESH_TOKEN_MAX_TTL, which is 999' },
    ]);
    expect(faultsOf({ REFRESH_TOKEN_IDLE_TTL: '300' })).toMatchObject([
      { name: 'REFRESH_TOKEN_IDLE_TTL', problem: 'must exceed ACCESS_TOKEN_TTL, which is 300' },
    ]);
  });

  it('sends access tokens over the network in the clear only when told to', () => {
    const key = { WORKER_GATE_KEY: Buffer.alloc(32).toString('base64url') };
    const env = { ...key, WORKER_URLS: 'http://127.0.0.1:8080,http://worker.internal:8080' };
    expect(faultsOf(env)).toMatchObject([{ name: 'WORKER_URLS' }]);
    expect(faultsOf({ ...env, WORKER_ALLOW_HTTP: 'true' })).toEqual([]);
    expect(faultsOf({ ...key, WORKER_URLS: 'https://worker.internal' })).toEqual([]);
  });

  it('needs the gate key for a worker on another machine', () => {
    expect(faultsOf({ WORKER_URLS: 'https://worker.internal' })).toMatchObject([{ name: 'WORKER_GATE_KEY' }]);
  });

  it('keeps key rings as the text that the vault parses', () => {
    const keys = `${KEY},k2:${Buffer.alloc(32, 2).toString('base64url')}`;
    expect(load({ GATEWAY_KEYS: keys, VAULT_KEYS: KEY })).toMatchObject({
      gatewayKeys: keys,
      vaultKeys: KEY,
    });
  });

  it('warns of a mistyped name', () => {
    expect(load({ GITHUB_OAUTH_SCOPE: 'repo' }).warnings).toEqual([
      { name: 'GITHUB_OAUTH_SCOPE', nearest: 'GITHUB_OAUTH_SCOPES' },
    ]);
  });
});
