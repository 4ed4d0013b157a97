import { describe, expect, it } from 'vitest';
import type { Happened } from '../../../gateway/authorization-server/login/next-step.ts';
import { nextStep } from '../../../gateway/authorization-server/login/next-step.ts';
import { LoginFailure } from '../../../gateway/standing/index.ts';

const HOUR = 3_600;
const seen = { uid: 'uid', arrival: undefined, version: undefined };
const octocat = { sub: 'octocat', login: 'octocat' };
const arrival = {
  resource: 'resource',
  sub: 'octocat',
  login: 'octocat',
  grantId: 'grant',
  handle: 'handle',
  scope: ['repo'],
  shownSub: null,
};

function allowed(of: Partial<Extract<Happened, { what: 'allowed' }>>): Happened {
  const consented = { scopes: ['repo'], account: octocat, seen };
  const session = { sub: 'octocat', loginTs: 0 };
  return { what: 'allowed', consented, session, wantsFreshLogin: false, at: HOUR, ...of };
}

describe('the next step of a login', () => {
  it.each([
    ['a sign-in of the person on the page within the hour', {}, 'reuse'],
    ['an older sign-in', { at: HOUR + 1 }, 'send'],
    ['no session', { session: undefined }, 'send'],
    ['nobody on the page', { consented: { scopes: ['repo'], account: undefined, seen } }, 'send'],
    [
      'the session of somebody else than the page named',
      { session: { sub: 'hubot', loginTs: HOUR } },
      'send',
    ],
    ['a request for a new sign-in', { wantsFreshLogin: true }, 'send'],
  ])('after consent with %s', (_name, known, step) => {
    expect(nextStep(allowed(known)).do).toBe(step);
  });

  it('after another account was chosen lets the person choose at the provider, whoever was named', () => {
    const consented = { scopes: ['repo'], account: undefined, seen };
    const step = nextStep({ what: 'other_account_chosen', consented });
    expect(step).toEqual({ do: 'send', consented, isOtherAccount: true });
  });

  it.each([
    ['nobody was named', null, 'finish'],
    ['the same person was named', 'octocat', 'finish'],
    ['somebody else was named', 'hubot', 'ask_again'],
  ])('after the provider when %s', (_name, shownSub, step) => {
    expect(nextStep({ what: 'admitted', arrival: { ...arrival, shownSub }, at: 7 }).do).toBe(step);
  });

  it('finishes with the time at which the person proved who they are, also when that is reused', () => {
    expect(nextStep({ what: 'admitted', arrival, at: 7 })).toEqual({ do: 'finish', arrival, loginTs: 7 });
    const confirmed = { ...arrival, shownSub: 'hubot' };
    expect(nextStep({ what: 'arrival_confirmed', arrival: confirmed, at: 9 })).toEqual({
      do: 'finish',
      arrival: confirmed,
      loginTs: 9,
    });
  });

  it('goes to the provider when there is nothing to reuse, and ends on a denial or a failure', () => {
    const consented = { scopes: ['repo'], account: octocat, seen };
    expect(nextStep({ what: 'nothing_to_reuse', consented }).do).toBe('send');
    expect(nextStep({ what: 'denied' })).toEqual({ do: 'decline' });
    const failure = new LoginFailure('access_denied', 'no');
    expect(nextStep({ what: 'failed', failure })).toEqual({ do: 'fail', failure });
  });
});
