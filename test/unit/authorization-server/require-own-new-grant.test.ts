import { describe, expect, it } from 'vitest';
import { requireOwnNewGrant } from '../../../gateway/authorization-server/token/require-own-new-grant.ts';

describe('S6: the grant behind a code', () => {
  it.each([
    ['of another client', { clientId: 'other', usedAt: null }, 'grant_of_another_client'],
    ['in use', { clientId: 'c', usedAt: 1 }, 'grant_opened_before'],
  ])('%s is refused', (_title, grant, reason) => {
    expect(() => {
      requireOwnNewGrant(grant, 'c');
    }).toThrow(reason);
  });

  it('of the same client and new is taken', () => {
    expect(() => {
      requireOwnNewGrant({ clientId: 'c', usedAt: null }, 'c');
    }).not.toThrow();
  });
});
