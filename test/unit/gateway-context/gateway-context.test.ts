import fc from 'fast-check';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  createGatewayContextSigner,
  createGatewayContextVerifier,
  followGateKey,
  parseGateKeys,
} from '../../../shared/gateway-context/index.ts';
import { fixedSecret } from '../../../shared/secrets/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const key = Buffer.from('0123456789abcdef0123456789abcdef');
const secret = fixedSecret(key.toString());
const context = { gid: 'grant', tools: ['*'] };

describe('a gateway context', () => {
  it('tells the worker grant and tools', async () => {
    const clock = fakeClock();
    const text = await createGatewayContextSigner({ secret, clock })('token', context);
    expect(await createGatewayContextVerifier({ secret, clock })(text)).toMatchObject(context);
  });

  it('is made once per token and half minute: a call costs no signature', async () => {
    const clock = fakeClock();
    const sign = createGatewayContextSigner({ secret, clock });
    const first = await sign('token', context);
    clock.advance(29_000);
    expect(await sign('token', context)).toBe(first);
    clock.advance(1_000);
    expect(await sign('token', context)).not.toBe(first);
  });

  it('is refused when it is too old, also when it was verified before', async () => {
    const clock = fakeClock();
    const text = await createGatewayContextSigner({ secret, clock })('token', context);
    const verify = createGatewayContextVerifier({ secret, clock });
    await verify(text);
    clock.advance(91_000);
    expect(await verify(text)).toBeUndefined();
    expect(await createGatewayContextVerifier({ secret, clock })(text)).toBeUndefined();
  });

  it('tolerates clocks that differ by 20 s', async () => {
    const gateway = fakeClock();
    const worker = fakeClock(gateway.now() + 20_000);
    const text = await createGatewayContextSigner({ secret, clock: gateway })('token', context);
    gateway.advance(29_000);
    worker.advance(29_000);
    expect(await createGatewayContextVerifier({ secret, clock: worker })(text)).toBeDefined();
  });

  it.each([
    ['another key', Buffer.from('another key of the same length!!'), 'gateway-context+jwt', 60],
    ['another type', key, 'at+jwt', 60],
    ['a longer life', key, 'gateway-context+jwt', 3600],
  ])('is refused with %s', async (_name, signingKey, typ, life) => {
    const clock = fakeClock();
    const now = Math.floor(clock.now() / 1000);
    const text = await new SignJWT({ ...context })
      .setProtectedHeader({ alg: 'HS256', typ })
      .setIssuedAt(now)
      .setExpirationTime(now + life)
      .sign(signingKey);
    expect(await createGatewayContextVerifier({ secret, clock })(text)).toBeUndefined();
  });
});

describe('a gate key', () => {
  it('is base64 or base64url of at least 32 bytes (RFC 7518 §3.2)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
        for (const encoding of ['base64url', 'base64'] as const) {
          const text = Buffer.from(bytes).toString(encoding);
          if (bytes.length >= 32) expect(parseGateKeys(text)).toEqual([text]);
          else expect(() => parseGateKeys(text)).toThrow('key 1 must be base64url of at least 32 bytes');
        }
      }),
    );
  });

  it('may be several, of which every one must be good; no fault repeats one', () => {
    const one = 'a'.repeat(43);
    const two = 'b'.repeat(43);
    expect(parseGateKeys(`${one},${two}\n`)).toEqual([one, two]);
    expect(() => parseGateKeys(`${one} secret!`)).toThrow(/^key 2 must be base64url of at least 32 bytes$/);
    expect(() => parseGateKeys(' ,')).toThrow('names no key');
  });

  it('that was replaced is accepted for 10 minutes, and one read late at once', async () => {
    const clock = fakeClock();
    const [before, after] = ['a'.repeat(43), 'b'.repeat(43)];
    let file = before;
    let take: (text: string) => void = () => undefined;
    const follower = {
      follow: (_source: unknown, taker: (text: string) => void) => {
        take = taker;
        return () => {
          take(file);
          return file === after;
        };
      },
    };
    const signWith = async (text: string) =>
      await createGatewayContextSigner({ secret: fixedSecret(text), clock })('token', context);
    const key = followGateKey({ follower, clock }, { text: before });
    const verify = createGatewayContextVerifier({ secret: key, clock });
    expect(await verify(await signWith(after))).toBeUndefined();
    file = after;
    expect(await verify(await signWith(after))).toMatchObject(context);
    clock.advance(9.9 * 60_000);
    expect(await verify(await signWith(before))).toMatchObject(context);
    clock.advance(0.1 * 60_000);
    expect(await verify(await signWith(before))).toBeUndefined();
    expect(key.current).toBe(after);
  });

  it('signs as soon as it is there, also for a token that has a context already', async () => {
    const clock = fakeClock();
    const live = { current: 'a'.repeat(43) };
    const sign = createGatewayContextSigner({ secret: live, clock });
    await sign('token', context);
    live.current = 'b'.repeat(43);
    const verify = createGatewayContextVerifier({ secret: fixedSecret(live.current), clock });
    expect(await verify(await sign('token', context))).toMatchObject(context);
  });
});
