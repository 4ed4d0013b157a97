/** Passwords of the Redis users, in the clear; a real file holds `#<sha-256>` instead. */
export interface RedisPasswords {
  readonly gateway: string;
  readonly worker: string;
  readonly admin: string;
}

/**
 * What both processes need to connect and to check the server, command by command. A category would bring more:
 * `@connection` has CLIENT PAUSE, which stops the server for everybody, KILL, LIST and TRACKING.
 */
const CONNECT = [
  ...['auth', 'hello', 'ping', 'select', 'quit', 'reset', 'readonly'],
  ...['info', 'command|docs', 'cluster|slots', 'cluster|nodes', 'cluster|shards'],
];

/** Every command that each user may send, a subcommand behind a bar. */
export const REDIS_COMMANDS = {
  gateway: [
    ...CONNECT,
    ...['get', 'set', 'exists', 'del', 'eval', 'evalsha'],
    ...['zadd', 'zrem', 'zcard', 'zrangebyscore'],
    ...['xadd', 'xrange', 'xrevrange', 'xread', 'xtrim', 'xdel', 'time', 'wait'],
  ],
  worker: [...CONNECT, 'get', 'zadd', 'xrange', 'xread'],
} as const;

/**
 * The Redis users of the product as an ACL file. A gateway works on our records and nothing else; a worker reads
 * credentials and the revocation feed and tells of refused credentials. Neither has a command that lists keys, watches or
 * disturbs other clients, or changes the server.
 */
export function renderRedisUsers(passwords: RedisPasswords): string {
  const commands = (user: keyof typeof REDIS_COMMANDS) =>
    ['-@all', ...REDIS_COMMANDS[user].map((command) => `+${command}`)].join(' ');
  return [
    'user default off',
    `user admin on >${passwords.admin} ~* &* +@all`,
    `user gateway on >${passwords.gateway} resetchannels ~ocg:* ${commands('gateway')}`,
    `user worker on >${passwords.worker} resetchannels %R~ocg:credential:* %R~ocg:revocations:* %RW~ocg:refused-credentials:* ${commands('worker')}`,
    '',
  ].join('\n');
}
