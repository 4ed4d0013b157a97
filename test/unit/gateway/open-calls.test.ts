import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOpenCalls } from '../../../gateway/call/open-calls.ts';
import type { AccessTokenClaims } from '../../../shared/access-token/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { MINUTE_MS } from '../../support/movable-clock.ts';

const standing = (gid: string) => ({
  claims: {
    iss: 'i',
    sub: 's',
    aud: 'a',
    client_id: 'c',
    scope: '',
    jti: 'j',
    iat: 0,
    exp: 1,
    gid,
    cred: 'h',
    cv: 1,
  } satisfies AccessTokenClaims,
  kid: 'k',
});

describe('what runs through a gateway', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function open() {
    const clock = fakeClock();
    const revoked = new Set<string>();
    let tell = () => {};
    const calls = createOpenCalls(
      {
        isRevoked: ({ gid }) => revoked.has(gid),
        onRevoked: (listener) => {
          tell = () => {
            listener(new Set(['grant']));
          };
          return () => undefined;
        },
      },
      clock,
    );
    const cut: string[] = [];
    const add = (gid: string) => calls.add(standing(gid), () => cut.push(gid));
    const pass = (ms: number) => {
      clock.advance(ms);
      vi.advanceTimersByTime(ms);
    };
    const revoke = (gid: string) => {
      revoked.add(gid);
      tell();
    };
    return { calls, cut, add, pass, revoke };
  }

  it('is cut when its grant is revoked, and nothing else is', () => {
    const { cut, add, revoke } = open();
    add('one');
    add('two');
    revoke('one');
    expect(cut).toEqual(['one']);
  });

  it('is cut after half an hour: a stream never outlives the consent it was opened under by more', () => {
    const { cut, add, pass } = open();
    add('early');
    pass(10 * MINUTE_MS);
    add('late');
    pass(20 * MINUTE_MS - 1);
    expect(cut).toEqual([]);
    pass(MINUTE_MS);
    expect([...new Set(cut)]).toEqual(['early']);
  });

  it('is not cut once it is over, and leaves no timer behind', () => {
    const { calls, cut, add, pass, revoke } = open();
    const isOver = add('one');
    isOver();
    revoke('one');
    pass(60 * MINUTE_MS);
    expect(cut).toEqual([]);
    calls.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
