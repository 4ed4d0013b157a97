import { describe, expect, it } from 'vitest';
import { followOverlappingSecret } from '../../../shared/secrets/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const MINUTE = 60_000;

function open(text: string) {
  const clock = fakeClock();
  let take: (text: string) => void = () => undefined;
  const follower = {
    follow: (_source: unknown, taker: (text: string) => void) => {
      take = taker;
      return () => false;
    },
  };
  const secret = followOverlappingSecret({ follower, clock }, { text }, (all) => all.split(','));
  const replace = (next: string) => {
    take(next);
  };
  return { clock, secret, replace };
}

describe('a shared secret', () => {
  it('is accepted for 10 minutes after it was replaced, and not longer', () => {
    const { clock, secret, replace } = open('one');
    replace('two');
    expect([secret.current, secret.accepted()]).toEqual(['two', ['two', 'one']]);
    clock.advance(10 * MINUTE - 1);
    expect(secret.accepted()).toEqual(['two', 'one']);
    clock.advance(1);
    expect(secret.accepted()).toEqual(['two']);
  });

  it('that was replaced twice is accepted as long as one that was replaced once', () => {
    const { clock, secret, replace } = open('one');
    replace('two');
    clock.advance(6 * MINUTE);
    replace('three');
    expect(secret.accepted()).toEqual(['three', 'one', 'two']);
    clock.advance(4 * MINUTE);
    expect(secret.accepted()).toEqual(['three', 'two']);
  });

  it('may be several: the first signs, all are accepted for good', () => {
    const { clock, secret, replace } = open('one,two');
    replace('two,one');
    clock.advance(60 * MINUTE);
    expect([secret.current, secret.accepted()]).toEqual(['two', ['two', 'one']]);
  });

  it('that comes back is accepted for good again', () => {
    const { clock, secret, replace } = open('one');
    replace('two');
    replace('one');
    expect(secret.accepted()).toEqual(['one', 'two']);
    clock.advance(10 * MINUTE);
    expect(secret.accepted()).toEqual(['one']);
  });
});
