/** Passwords of the Redis users, in the clear; a real file holds `#<sha-256>` instead. */
export interface RedisPasswords {
  readonly gateway: string;
  readonly worker: string;
  readonly admin: string;
}

/** Commands both processes need to connect and to check the server. */
const CONNECT = '+@connection +info +command|docs +cluster|slots +cluster|nodes +cluster|shards +readonly';

/**
 * The Redis users of the product as an ACL file. A gateway works on our records and nothing else; a worker reads
 * credentials and the revocation feed, tells of refused credentials, and has no command that lists keys or watches other clients.
 */
export function renderRedisUsers(passwords: RedisPasswords): string {
  return [
    'user default off',
    `user admin on >${passwords.admin} ~* &* +@all`,
    `user gateway on >${passwords.gateway} resetchannels ~ocg:* -@all ${CONNECT} +get +set +exists +del +eval +evalsha +zadd +zrem +zcard +zrangebyscore +xadd +xrange +xrevrange +xread +xtrim +xdel +time +wait`,
    `user worker on >${passwords.worker} resetchannels %R~ocg:credential:* %R~ocg:revocations:* %RW~ocg:refused-credentials:* -@all ${CONNECT} +get +zadd +xrange +xread`,
    '',
  ].join('\n');
}
