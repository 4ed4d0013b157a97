// The contender: oidc-provider as it comes, with rotation and JWT access tokens, over Redis with the commands of the
// community's adapter (a record as a hash or JSON, a list of keys for each grant, MULTI). No consent page: the bench
// makes grants itself through `/seed`. Prints one line when it is ready.

import { createServer } from 'node:http';
import { generateKeyPair, exportJWK } from 'jose';
import { Redis } from 'ioredis';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { Provider } from 'oidc-provider';

const RESOURCE = 'http://localhost/mcp';
const CONSUMABLE = new Set(['AuthorizationCode', 'RefreshToken', 'DeviceCode']);
const GRANTABLE = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode']);

const redis = new Redis(Number(process.env['REDIS_PORT']));

class CommandAdapter implements Adapter {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  #key(id: string): string {
    return `oidc:${this.#name}:${id}`;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    const key = this.#key(id);
    const text = JSON.stringify(payload);
    const commands = redis.multi();
    if (CONSUMABLE.has(this.#name)) commands.hset(key, { payload: text });
    else commands.set(key, text);
    if (expiresIn) commands.expire(key, expiresIn);
    if (GRANTABLE.has(this.#name) && payload.grantId !== undefined) {
      const list = `oidc:grant:${payload.grantId}`;
      commands.rpush(list, key);
      // The community's adapter looks at the remaining time before it extends the list's.
      const ttl = await redis.ttl(list);
      if (expiresIn > ttl) commands.expire(list, expiresIn);
    }
    await commands.exec();
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const key = this.#key(id);
    if (!CONSUMABLE.has(this.#name)) {
      const text = await redis.get(key);
      return text === null ? undefined : (JSON.parse(text) as AdapterPayload);
    }
    const { payload, ...rest } = await redis.hgetall(key);
    return payload === undefined ? undefined : { ...rest, ...(JSON.parse(payload) as AdapterPayload) };
  }

  async consume(id: string): Promise<void> {
    await redis.hset(this.#key(id), 'consumed', Math.floor(Date.now() / 1000));
  }

  async destroy(id: string): Promise<void> {
    await redis.del(this.#key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    const list = `oidc:grant:${grantId}`;
    await redis.del(list, ...(await redis.lrange(list, 0, -1)));
  }

  findByUid(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  findByUserCode(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

const { privateKey } = await generateKeyPair('ES256', { extractable: true });
const provider = new Provider('http://localhost', {
  adapter: CommandAdapter,
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'bench' }] },
  clients: [
    {
      client_id: 'bench',
      redirect_uris: ['http://127.0.0.1:7777/callback'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  scopes: ['offline_access', 'read:user'],
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  expiresWithSession: () => false,
  ttl: { AccessToken: 300, RefreshToken: 14 * 86_400, Grant: 90 * 86_400, Session: 86_400, Interaction: 900 },
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'read:user',
        audience: RESOURCE,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});

/** One signed-in person with a refresh token, as the library itself would leave it after a code. */
async function seed(): Promise<string> {
  const client = await provider.Client.find('bench');
  if (client === undefined) throw new Error('the client of the bench is missing');
  const accountId = `person-${crypto.randomUUID()}`;
  const grant = new provider.Grant({ accountId, clientId: 'bench' });
  grant.addResourceScope(RESOURCE, 'read:user');
  const grantId = await grant.save();
  const token = new provider.RefreshToken({
    accountId,
    client,
    grantId,
    gty: 'authorization_code',
    resource: RESOURCE,
    scope: 'read:user',
    rotations: 0,
    iiat: Math.floor(Date.now() / 1000),
  });
  return await token.save();
}

const callback = provider.callback();
const server = createServer((req, res) => {
  if (req.url !== '/seed') {
    void callback(req, res);
    return;
  }
  seed().then(
    (token) => res.end(token),
    (error: unknown) => {
      res.writeHead(500).end(String(error));
    },
  );
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`{"msg":"ready","port":${String(port)}}\n`);
});
process.once('SIGTERM', () => process.exit(0));
