import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createRegistrationNames, networkTagOf } from '../../../gateway/clients/registration-names.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const gatewayRing = parseKeyRing(`g1:${Buffer.alloc(32, 1).toString('base64url')}`);
const names = createRegistrationNames({ gatewayRing, clock: fakeClock() });

function register(ip: string, metadata: Record<string, unknown> = { token_endpoint_auth_method: 'none' }) {
  const req = Object.assign(new IncomingMessage(new Socket()), { ip });
  names.note(req, metadata);
  return names.nameOf(req);
}

describe('the name of a registered client', () => {
  it.each([
    ['198.51.100.7', '198.51.100.250'],
    ['2001:db8:1:2::1', '2001:db8:1:ffff::9'],
    ['::ffff:198.51.100.7', '198.51.100.8'],
  ])('S17: tells that %s and %s are of one network', (one, other) => {
    expect(networkTagOf(register(one))).toBe(networkTagOf(register(other)));
    expect(register(one)).not.toBe(register(other));
  });

  it.each([
    ['198.51.100.7', '198.51.101.7'],
    ['2001:db8:1::1', '2001:db8:2::1'],
  ])('S17: tells that %s and %s are not', (one, other) => {
    expect(networkTagOf(register(one))).not.toBe(networkTagOf(register(other)));
  });

  it('is another one for every client with a secret, and of its network all the same', () => {
    const secret = { token_endpoint_auth_method: 'client_secret_basic' };
    const [one, other] = [register('198.51.100.7', secret), register('198.51.100.7', secret)];
    expect(one).not.toBe(other);
    expect(networkTagOf(one)).toBe(networkTagOf(other));
  });
});
