import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ForwardedHeader } from '../../../gateway/http/index.ts';
import { addressGroup, createClientAddresses, parseAddress } from '../../../gateway/http/index.ts';

const BALANCER = '10.0.0.1';

function find(value: string | undefined, options: { header?: ForwardedHeader; peer?: string } = {}) {
  const { header = 'x-forwarded-for', peer = BALANCER } = options;
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  const req = new IncomingMessage(socket);
  if (value !== undefined) req.headers[header] = value;
  const trustedProxies = ['10.0.0.0/8', '2001:db8:ff::/48'];
  return createClientAddresses({ trustedProxies, forwardedHeader: header })(req);
}

describe('X-Forwarded-For', () => {
  it.each([
    ['203.0.113.6', '203.0.113.6'],
    ['203.0.113.6:5001', '203.0.113.6'],
    ['[2001:db8::7]:5001', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['2001:DB8:0:0::7', '2001:db8::7'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:203.0.113.6', '203.0.113.6'],
    ['[::ffff:cb00:7106]:80', '203.0.113.6'],
    ['198.51.100.9, 203.0.113.6:5001', '203.0.113.6'],
    ['203.0.113.6:5001, 10.2.3.4:80', '203.0.113.6'],
    ['198.51.100.9, 203.0.113.6, 10.2.3.4, 10.2.3.5', '203.0.113.6'],
    ['203.0.113.6,   10.2.3.4', '203.0.113.6'],
  ])('S12 B03: %s names %s', (value, address) => {
    expect(find(value)).toBe(address);
  });

  it.each(['unknown', '', '_hidden', 'garbage', '203.0.113.999', '203.0.113.6:x', '1', 'a, ,', '[::1'])(
    '%j names nobody: the peer counts',
    (value) => {
      expect(find(value)).toBe(BALANCER);
    },
  );

  it('where a hop says what is no address, that hop counts and nothing before it', () => {
    expect(find('203.0.113.6, unknown, 10.2.3.4')).toBe('10.2.3.4');
  });

  it('of a peer that is not trusted is not read', () => {
    expect(find('203.0.113.6', { peer: '192.0.2.1' })).toBe('192.0.2.1');
    expect(find('203.0.113.6', { peer: '::ffff:192.0.2.1' })).toBe('192.0.2.1');
  });

  it('of a trusted peer on a socket for both families is read', () => {
    expect(find('203.0.113.6', { peer: '::ffff:10.0.0.1' })).toBe('203.0.113.6');
    expect(find('203.0.113.6', { peer: '2001:db8:ff::5' })).toBe('203.0.113.6');
  });

  it('absent, the peer counts', () => {
    expect(find(undefined)).toBe(BALANCER);
  });
});

describe('Forwarded (RFC 7239)', () => {
  it.each([
    ['for=203.0.113.6', '203.0.113.6'],
    ['For="203.0.113.6:4711"', '203.0.113.6'],
    ['for="[2001:db8:cafe::17]:4711";proto=https', '2001:db8:cafe::17'],
    ['proto=https;by=10.0.0.1; for=203.0.113.6', '203.0.113.6'],
    ['for=198.51.100.9, for=203.0.113.6;host="a,b;for=1.2.3.4"', '203.0.113.6'],
    ['for=203.0.113.6, for=10.1.1.1', '203.0.113.6'],
  ])('%s names %s', (value, address) => {
    expect(find(value, { header: 'forwarded' })).toBe(address);
  });

  it.each(['for=unknown', 'for=_SEVKISEK', 'proto=https', 'for=', 'for="', 'for="203.0.113.6', '"', 'for'])(
    '%s names nobody: the peer counts',
    (value) => {
      expect(find(value, { header: 'forwarded' })).toBe(BALANCER);
    },
  );

  it('a quote that a stranger left open does not reach what the balancer appended', () => {
    expect(find('for="x, for=203.0.113.6', { header: 'forwarded' })).toBe('203.0.113.6');
  });
});

describe('parseAddress', () => {
  it('gives one spelling for every spelling of an IPv6 address (RFC 5952)', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.nat(65_535), (address, port) => {
        const parsed = parseAddress(address);
        expect(parsed).toBeDefined();
        expect(parseAddress(`[${address.toUpperCase()}]:${String(port)}`)).toBe(parsed);
        expect(parseAddress(parsed ?? '')).toBe(parsed);
      }),
    );
  });

  it('gives an IPv4 address whatever its port, and mapped', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(65_535), (address, port) => {
        expect(parseAddress(address)).toBe(address);
        expect(parseAddress(`${address}:${String(port)}`)).toBe(address);
        expect(parseAddress(`::ffff:${address}`)).toBe(address);
      }),
    );
  });

  it('answers an address or nothing, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const parsed = parseAddress(text);
        expect(parsed === undefined || parseAddress(parsed) === parsed).toBe(true);
      }),
    );
  });
});

describe('addressGroup', () => {
  it('is the /56 network of an IPv6 address and the IPv4 address itself', () => {
    expect(addressGroup('2001:db8:0:ab01::1')).toBe(addressGroup('2001:db8:0:abff::2'));
    expect(addressGroup('2001:db8:0:ab01::1')).not.toBe(addressGroup('2001:db8:0:ac01::1'));
    expect(addressGroup('::ffff:203.0.113.6')).toBe('203.0.113.6');
  });
});
