import dns from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createGuardedConnections } from '../../../shared/outgoing-http/guarded.ts';
import { createOutgoingHttp } from '../../../shared/outgoing-http/index.ts';
import { createStrangerNames } from '../../../shared/outgoing-http/stranger-names.ts';
import type { StrangerNames } from '../../../shared/outgoing-http/stranger-names.ts';
import type { DnsAnswer } from '../../support/dns-server.ts';
import { startDnsServer } from '../../support/dns-server.ts';
import { startHttps } from './listeners.ts';
import { createSelfSigned } from './self-signed.ts';

async function startNames(answerFor: (name: string) => DnsAnswer) {
  const server = await startDnsServer(answerFor);
  onTestFinished(server.close);
  return server;
}

async function lookUp(names: StrangerNames, hostname: string): Promise<LookupAddress[]> {
  const query = names.open();
  return await new Promise((resolve, reject) => {
    query.lookup(hostname, { all: true }, (error, addresses) => {
      if (error !== null) reject(error);
      else resolve(addresses as LookupAddress[]);
    });
  });
}

describe('a name that a stranger chose', () => {
  it('S2: is asked of the name server for both families and is never looked up on the thread pool', async () => {
    const getaddrinfo = vi.spyOn(dns, 'lookup');
    const server = await startNames(() => ['1.1.1.1', '2606:4700::1111']);
    const names = createStrangerNames({ servers: [server.address] });
    expect(await lookUp(names, 'client.example')).toEqual([
      { address: '1.1.1.1', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
    expect(server.asked).toEqual(['client.example', 'client.example']);
    expect(getaddrinfo).not.toHaveBeenCalled();
  });

  it('needs one family only', async () => {
    const server = await startNames(() => ['2606:4700::1111']);
    const names = createStrangerNames({ servers: [server.address] });
    expect(await lookUp(names, 'client.example')).toEqual([{ address: '2606:4700::1111', family: 6 }]);
  });

  it('is refused when any of its addresses is not public', async () => {
    const server = await startNames(() => ['1.1.1.1', '10.0.0.1']);
    const names = createStrangerNames({ servers: [server.address] });
    await expect(lookUp(names, 'client.example')).rejects.toMatchObject({ code: 'ADDRESS_NOT_PUBLIC' });
  });

  it.each(['localhost', 'x.localhost'])(
    'is this machine when it is %s, which nobody is asked about (RFC 6761 §6.3)',
    async (hostname) => {
      const server = await startNames(() => ['1.1.1.1']);
      const names = createStrangerNames({ servers: [server.address] });
      await expect(lookUp(names, hostname)).rejects.toMatchObject({ code: 'ADDRESS_NOT_PUBLIC' });
      expect(server.asked).toEqual([]);
    },
  );

  it('S2: that led nowhere is not asked for again for a while', async () => {
    const server = await startNames(() => 'no-such-name');
    const names = createStrangerNames({ servers: [server.address] });
    for (let count = 0; count < 5; count += 1) {
      await expect(lookUp(names, 'missing.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    }
    expect(server.asked).toHaveLength(2);
  });

  it('S2: is one of eight at most, and one host has one of them', async () => {
    const server = await startNames(() => 'silence');
    const names = createStrangerNames({ servers: [server.address] });
    const queries = Array.from({ length: 8 }, () => names.open());
    const ended = queries.map(
      async (query, index) =>
        await new Promise((resolve) => {
          query.lookup(`silent-${String(index)}.example`, { all: true }, resolve);
        }),
    );
    await expect(lookUp(names, 'silent-0.example')).rejects.toMatchObject({ code: 'TOO_MANY_NAMES' });
    await expect(lookUp(names, 'another.example')).rejects.toMatchObject({ code: 'TOO_MANY_NAMES' });
    await Promise.all(queries.map(async (query) => await query.end()));
    await Promise.all(ended);
    // The room is free again; that this one was turned away is not remembered against it.
    const next = names.open();
    const asked = new Promise<Error | null>((resolve) => {
      next.lookup('another.example', { all: true }, resolve);
    });
    await next.end();
    expect(await asked).toMatchObject({ code: 'ENOTFOUND' });
  });
});

describe('a request to a host that a stranger chose', () => {
  it('S2: ends its questions with its deadline, so that the next one finds room', async () => {
    const server = await startNames(() => 'silence');
    const http = createOutgoingHttp({
      userAgent: 'test',
      publicOnly: { trustedHosts: [], nameServers: [server.address] },
    });
    onTestFinished(http.close);
    const request = { method: 'GET', timeoutMs: 50, maxBytes: 100 } as const;
    for (let round = 0; round < 3; round += 1) {
      const failures = await Promise.all(
        Array.from({ length: 8 }, async (_, index) => {
          const url = `https://silent-${String(round)}-${String(index)}.example/c`;
          return await http.request({ ...request, url }).catch((error: unknown) => error);
        }),
      );
      for (const failure of failures) expect(failure).toMatchObject({ code: 'timeout' });
    }
  });

  it('connects to the address that was judged and proves itself under the name', async () => {
    const credentials = createSelfSigned();
    const port = await startHttps(credentials, (_req, res) => res.end('document'));
    const server = await startNames(() => ['127.0.0.1']);
    const names = createStrangerNames({ servers: [server.address], isAllowed: () => true });
    const guarded = createGuardedConnections({ names, ca: [credentials.cert] });
    const read = async (host: string) => {
      const url = new URL(`https://${host}:${String(port)}/c`);
      return await guarded.use(url, async (dispatcher) => {
        const answer = await dispatcher.request({ origin: url.origin, path: '/c', method: 'GET' });
        return await answer.body.text();
      });
    };
    expect(await read('localhost')).toBe('document');
    await expect(read('other.example')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(server.asked).toContain('other.example');
    await guarded.close();
  });

  it('S2: leaves no socket behind that is still being connected', async () => {
    const closed = Promise.withResolvers<undefined>();
    const accepted = Promise.withResolvers<undefined>();
    const mute = createServer((socket) => {
      accepted.resolve(undefined);
      socket.resume().on('close', () => {
        closed.resolve(undefined);
      });
    });
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      await new Promise((resolve) => mute.close(resolve));
    });
    const server = await startNames(() => ['127.0.0.1']);
    const names = createStrangerNames({ servers: [server.address], isAllowed: () => true });
    const guarded = createGuardedConnections({ names, ca: undefined });
    const origin = `https://mute.example:${String((mute.address() as AddressInfo).port)}`;
    await guarded.use(new URL(origin), async (dispatcher) => {
      void dispatcher.request({ origin, path: '/c', method: 'GET' }).catch(() => undefined);
      await accepted.promise;
    });
    await closed.promise;
  });
});
