import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  createGatewayContextSigner,
  createGatewayContextVerifier,
} from '../../../shared/gateway-context/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const key = Buffer.from('0123456789abcdef0123456789abcdef');
const context = { gid: 'grant', tools: ['*'] };

describe('a gateway context', () => {
  it('tells the worker grant and tools', async () => {
    const clock = fakeClock();
    const text = await createGatewayContextSigner({ key, clock })('token', context);
    expect(await createGatewayContextVerifier({ key, clock })(text)).toMatchObject(context);
  });

  it('is made once per token and half minute: a call costs no signature', async () => {
    const clock = fakeClock();
    const sign = createGatewayContextSigner({ key, clock });
    const first = await sign('token', context);
    clock.advance(29_000);
    expect(await sign('token', context)).toBe(first);
    clock.advance(1_000);
    expect(await sign('token', context)).not.toBe(first);
  });

  it('is refused when it is too old, also when it was verified before', async () => {
    const clock = fakeClock();
    const text = await createGatewayContextSigner({ key, clock })('token', context);
    const verify = createGatewayContextVerifier({ key, clock });
    await verify(text);
    clock.advance(91_000);
    expect(await verify(text)).toBeUndefined();
    expect(await createGatewayContextVerifier({ key, clock })(text)).toBeUndefined();
  });

  it('tolerates clocks that differ by 20 s', async () => {
    const gateway = fakeClock();
    const worker = fakeClock(gateway.now() + 20_000);
    const text = await createGatewayContextSigner({ key, clock: gateway })('token', context);
    gateway.advance(29_000);
    worker.advance(29_000);
    expect(await createGatewayContextVerifier({ key, clock: worker })(text)).toBeDefined();
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
    expect(await createGatewayContextVerifier({ key, clock })(text)).toBeUndefined();
  });
});
