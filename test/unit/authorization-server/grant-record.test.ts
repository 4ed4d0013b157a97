import { describe, expect, it } from 'vitest';
import { grantFamily } from '../../../gateway/authorization-server/grants/grant.ts';

const common = {
  clientId: 'c',
  clientName: 'Client',
  sub: 's',
  resource: 'r',
  scope: ['read:user'],
  handle: 'h',
  createdAt: 1,
  usedAt: 2,
  idleEndsAt: 3,
  endsAt: 4,
  ended: null,
};

function upgraded(refresh: unknown) {
  return grantFamily.shape.parse(grantFamily.upgrade?.({ ...common, refresh }));
}

describe('a grant of the previous schema (rolling update)', () => {
  it('keeps when each generation was superseded, so that no retry in the window is taken for reuse', () => {
    const superseded = [
      { generation: 4, at: 40 },
      { generation: 6, at: 60 },
    ];
    expect(upgraded({ keyId: 'k', generation: 8, superseded })).toEqual({
      ...common,
      refresh: { keyId: 'k', generation: 8, supersededAt: [40, 0, 60, 0] },
    });
  });

  it.each([
    [null, null],
    [
      { keyId: 'k', generation: 0, superseded: [] },
      { keyId: 'k', generation: 0, supersededAt: [] },
    ],
  ])('without rotations %j is %j', (refresh, expected) => {
    expect(upgraded(refresh)).toEqual({ ...common, refresh: expected });
  });
});
