import dns from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { open, readFile } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Loaded into a process before its program: names below `slow.test` have a silent name server. Resolvers of the process
 * ask `TEST_NAME_SERVER`; a look-up by `getaddrinfo` would hold a thread of the pool, as opening the pipe `TEST_PIPE`
 * does, which nobody writes to. On SIGUSR2 the process reads a file, which needs such a thread, and says so.
 */
const { TEST_NAME_SERVER: server = '', TEST_PIPE: pipe = '' } = process.env;

const lookup = dns.lookup.bind(dns);
Object.assign(dns, {
  lookup: (hostname: string, ...rest: [dns.LookupAllOptions, () => void]) => {
    if (hostname.endsWith('.slow.test')) open(pipe, () => undefined);
    else lookup(hostname, ...rest);
  },
});
syncBuiltinESMExports();

const directed = new WeakSet<Resolver>();
for (const method of ['resolve4', 'resolve6'] as const) {
  const ask = Resolver.prototype[method];
  Object.assign(Resolver.prototype, {
    [method](this: Resolver, hostname: string) {
      if (!directed.has(this)) this.setServers([server]);
      directed.add(this);
      const answer: unknown = Reflect.apply(ask, this, [hostname]);
      return answer;
    },
  });
}

process.on('SIGUSR2', () => {
  readFile(import.meta.filename, () => process.stdout.write('a file was read\n'));
});
