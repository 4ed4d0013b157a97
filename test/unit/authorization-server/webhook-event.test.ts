import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSignedBody } from '../../../gateway/standing/webhooks/signature.ts';
import { fixedSecret } from '../../../shared/secrets/index.ts';
import { readWebhook } from '../../../gateway/standing/webhooks/webhook-event.ts';

const SECRET = 'a-webhook-secret-of-the-test';
const read = (event: string, payload: unknown) => readWebhook(event, Buffer.from(JSON.stringify(payload)));
const sign = (body: Uint8Array, secret = SECRET) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

describe('a webhook event', () => {
  it.each([
    ['github_app_authorization', { action: 'revoked', sender: { id: 7 } }, { kind: 'revoked', githubId: 7 }],
    ['installation', { action: 'suspend', sender: { id: 7 } }, { kind: 'recheck', githubId: 7 }],
    ['installation', { action: 'deleted', sender: { id: 7 } }, { kind: 'recheck', githubId: 7 }],
    // The sender is the owner who did it, not the person it happens to.
    [
      'organization',
      { action: 'member_removed', sender: { id: 1 }, membership: { user: { id: 7 } } },
      { kind: 'recheck', githubId: 7 },
    ],
    [
      'membership',
      { action: 'removed', sender: { id: 1 }, member: { id: 7 } },
      { kind: 'recheck', githubId: 7 },
    ],
  ])('%s %j orders %j', (event, payload, order) => {
    expect(read(event, payload)).toEqual(order);
  });

  it.each([
    ['ping', { zen: 'x' }],
    ['constructor', { action: 'revoked' }],
    ['installation', { action: 'created', sender: { id: 7 } }],
    ['membership', { action: 'added', member: { id: 7 } }],
    ['membership', { action: 'removed', member: null }],
  ])('%s %j is ignored', (event, payload) => {
    expect(read(event, payload)).toEqual({ kind: 'ignored' });
  });

  it.each([
    ['github_app_authorization', { action: 'revoked' }],
    ['github_app_authorization', { action: 'revoked', sender: { id: '7' } }],
    ['github_app_authorization', { action: 'revoked', sender: { id: -7 } }],
    ['organization', { action: 'member_removed', membership: {} }],
    ['membership', []],
    ['membership', null],
  ])('%s %j is malformed', (event, payload) => {
    expect(read(event, payload)).toEqual({ kind: 'malformed' });
  });

  it('is read without a fault, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(['malformed', 'ignored']).toContain(readWebhook('membership', bytes).kind);
      }),
    );
  });
});

describe('X-Hub-Signature-256', () => {
  const accepted = fixedSecret(SECRET);

  it('holds for these bytes under this secret and for no others', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (body, at) => {
        expect(isSignedBody(body, accepted, sign(body))).toBe(true);
        expect(isSignedBody(body, accepted, sign(body, `${SECRET}x`))).toBe(false);
        const other = Uint8Array.from(body);
        other[at % body.length] = (other[at % body.length] ?? 0) ^ 1;
        expect(isSignedBody(other, accepted, sign(body))).toBe(false);
      }),
    );
  });

  it.each([undefined, '', 'sha256=', 'sha1=00', `sha256=${'0'.repeat(63)}`, `sha256=${'0'.repeat(65)}`])(
    'is refused as %j',
    (header) => {
      expect(isSignedBody(Buffer.from('{}'), accepted, header)).toBe(false);
    },
  );

  it('is lower-case hexadecimal, as GitHub sends it', () => {
    const body = Buffer.from('{}');
    expect(isSignedBody(body, accepted, sign(body).toUpperCase().replace('SHA256', 'sha256'))).toBe(false);
  });
});
