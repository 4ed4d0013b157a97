import { z } from 'zod';
import { defaultedField, optionalField } from './field.ts';
import { loadConfig } from './load-config.ts';
import type { Environment, ReadFile } from './read-text.ts';
import { isLoopbackHost, listOf, trueOrFalse } from './values.ts';

/** `host:port`, the host as a name, an IPv4 address or an IPv6 address in brackets. */
const node = z.string().transform((text, context) => {
  const [, host, digits] = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) {
    context.addIssue({ code: 'custom', message: 'must be host:port' });
    return z.NEVER;
  }
  return { host: host.replace(/^\[|\]$/g, ''), port };
});

/** Where Redis is and how it is reached; read by gateway and worker when STORE=redis. */
export const redisFields = {
  redisNodes: defaultedField({
    env: 'REDIS_NODES',
    schema: listOf(node),
    default: '127.0.0.1:6379',
    description:
      'Addresses of Redis: one server, the sentinels when REDIS_SENTINEL_MASTER is set, or some nodes of a cluster when REDIS_CLUSTER=true.',
    remedy: 'Set host:port, several separated by commas.',
  }),
  redisSentinelMaster: optionalField({
    env: 'REDIS_SENTINEL_MASTER',
    schema: z.string().regex(/^[\w.-]{1,100}$/, 'must be the name of a master'),
    whenAbsent: 'REDIS_NODES are not sentinels',
    description: 'Name under which the sentinels know the primary.',
    remedy: 'Set the name given in `sentinel monitor`.',
  }),
  redisCluster: defaultedField({
    env: 'REDIS_CLUSTER',
    schema: trueOrFalse,
    default: 'false',
    description: 'Whether REDIS_NODES belong to a Redis Cluster.',
    remedy: 'Set true or false.',
  }),
  redisUsername: optionalField({
    env: 'REDIS_USERNAME',
    schema: z.string().regex(/^[\x21-\x7e]{1,100}$/, 'must be printable ASCII without blanks'),
    whenAbsent: 'the default user',
    description: 'User of Redis; `deploy/redis/users.acl` has one for gateways and one for workers.',
    remedy: 'Set gateway for a gateway, worker for a worker.',
  }),
  redisPassword: optionalField({
    env: 'REDIS_PASSWORD',
    schema: z.string().max(1024, 'must have at most 1024 characters'),
    whenAbsent: 'no password',
    secret: true,
    description: 'Password of that user. As REDIS_PASSWORD_FILE it is read again whenever Redis refuses it.',
    remedy: 'Set the password of the ACL file, best as a file.',
  }),
  redisTls: defaultedField({
    env: 'REDIS_TLS',
    schema: trueOrFalse,
    default: 'false',
    description: 'Whether Redis is reached over TLS; authorities of EXTRA_CA_FILE are trusted too.',
    remedy: 'Set true or false.',
  }),
  redisAllowPlain: defaultedField({
    env: 'REDIS_ALLOW_PLAIN',
    schema: trueOrFalse,
    default: 'false',
    description: 'Accepts Redis on another machine without TLS, where the network itself is trusted.',
    remedy: 'Set true or false.',
  }),
} as const;

interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** The store as the configuration describes it. */
export interface StoreValues {
  readonly store: 'sqlite' | 'redis';
  readonly redisNodes: readonly RedisNode[];
  readonly redisSentinelMaster: string | undefined;
  readonly redisCluster: boolean;
  readonly redisTls: boolean;
  readonly redisAllowPlain: boolean;
}

type StoreObjection = { readonly key: keyof StoreValues; readonly problem: string; readonly remedy?: string };

/** Cross check of the Redis variables; with another store they are not looked at. */
export function objectToRedis(values: StoreValues): readonly StoreObjection[] {
  if (values.store !== 'redis') return [];
  const objections: StoreObjection[] = [];
  if (values.redisCluster && values.redisSentinelMaster !== undefined) {
    objections.push({ key: 'redisSentinelMaster', problem: 'cannot be combined with REDIS_CLUSTER=true' });
  }
  const isSingle = !values.redisCluster && values.redisSentinelMaster === undefined;
  if (isSingle && values.redisNodes.length > 1) {
    objections.push({
      key: 'redisNodes',
      problem: 'names several servers',
      remedy: 'Name one, or set REDIS_SENTINEL_MASTER or REDIS_CLUSTER=true.',
    });
  }
  const remote = values.redisNodes.find(({ host }) => !isLoopbackHost(host));
  if (remote !== undefined && !values.redisTls && !values.redisAllowPlain) {
    objections.push({
      key: 'redisTls',
      problem: `is needed because ${remote.host} is another machine`,
      remedy: 'Set REDIS_TLS=true, or REDIS_ALLOW_PLAIN=true if the network to Redis is trusted.',
    });
  }
  return objections;
}

/** Reads the password anew on every call: a rotated file counts without a restart. */
export function redisPasswordReader(env: Environment, readFile: ReadFile): () => string | undefined {
  const { redisPassword } = redisFields;
  return () => {
    const result = loadConfig({ redisPassword }, { env, readFile });
    return result.ok ? result.config.redisPassword : undefined;
  };
}
