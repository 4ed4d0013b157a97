import { describe, expect, it } from 'vitest';
import { grantFamily } from '../../../gateway/grants/grant.ts';

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
  it('has had no late answer (B10)', () => {
    const family = { keyId: 'k', generation: 8, supersededAt: [40, 0, 60, 0] };
    expect(upgraded(family)).toEqual({ ...common, refresh: { ...family, lateAnswers: [], attempt: 0 } });
  });

  it('without a family stays without one', () => {
    expect(upgraded(null)).toEqual({ ...common, refresh: null });
  });
});
