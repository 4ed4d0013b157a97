import { describe, expect, it } from 'vitest';
import { requireOwnNewGrant } from '../../../gateway/authorization-server/token/require-own-new-grant.ts';

describe('S6: the grant behind a code', () => {
  it.each([
    ['of another client', { clientId: 'other', usedAt: null }],
    ['in use', { clientId: 'c', usedAt: 1 }],
  ])('%s is refused', (_title, grant) => {
    expect(() => {
      requireOwnNewGrant(grant, 'c');
    }).toThrow('invalid_grant');
  });

  it('of the same client and new is taken', () => {
    expect(() => {
      requireOwnNewGrant({ clientId: 'c', usedAt: null }, 'c');
    }).not.toThrow();
  });
});
