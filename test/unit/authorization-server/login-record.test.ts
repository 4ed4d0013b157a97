import { describe, expect, it } from 'vitest';
import type { Arrival } from '../../../gateway/authorization-server/login/login-record.ts';
import {
  createLoginRecords,
  isBoundToBrowser,
  LOGIN_TTL_MS,
} from '../../../gateway/authorization-server/login/login-record.ts';
import { openPeopleRooms } from '../../support/people-rooms.ts';

const consent = { uid: 'uid', scopes: ['read:user'], shownSub: null };
const arrival = {
  resource: 'https://gateway.example/mcp',
  sub: 'person',
  login: 'octocat',
  grantId: 'grant',
  handle: 'secret-handle',
  scope: ['read:user'],
  shownSub: 'other',
};

async function open() {
  const rooms = await openPeopleRooms();
  return { ...rooms, records: createLoginRecords(rooms.gateway()) };
}

/** @throws when the person came back meanwhile. */
async function setOut(records: ReturnType<typeof createLoginRecords>, of = consent) {
  const started = await records.setOut(of, await records.look(of.uid));
  if (started === undefined) throw new Error('somebody had come back');
  return started;
}

describe('a way to the provider and back', () => {
  it('comes back as what it set out for, once', async () => {
    const { records } = await open();
    const login = await setOut(records);
    const account = await records.setOutToAccount();
    expect(await records.comeBack(account.state)).toMatchObject({ for: 'account' });
    expect(await records.comeBack(account.state)).toBeUndefined();
    expect(await records.comeBack(login.state)).toMatchObject({ for: 'login', ...consent });
    expect(await records.comeBack(login.state)).toBeUndefined();
  });

  it('is taken once by callbacks that come at the same time', async () => {
    const { records } = await open();
    const { state } = await setOut(records);
    const taken = await Promise.all(Array.from({ length: 5 }, async () => await records.comeBack(state)));
    expect(taken.filter((way) => way !== undefined)).toHaveLength(1);
  });

  it('is the same for a consent form sent twice, and another for every sign-in at the account page', async () => {
    const { records } = await open();
    const [one, two] = await Promise.all([setOut(records), setOut(records)]);
    expect(one).toEqual(two);
    const [first, second] = [await records.setOutToAccount(), await records.setOutToAccount()];
    expect(first.state).not.toBe(second.state);
    expect(first.cookie.value).not.toBe(second.cookie.value);
    expect(first.codeChallenge).not.toBe(second.codeChallenge);
  });

  it('is that of the last decision: the state of an earlier one opens nothing, and ends nothing', async () => {
    const { records } = await open();
    const earlier = await setOut(records);
    const last = await setOut(records, { ...consent, scopes: ['read:user', 'repo'] });
    expect(await records.comeBack(earlier.state)).toBeUndefined();
    expect(await records.comeBack(last.state)).toMatchObject({ scopes: ['read:user', 'repo'] });
  });

  it.each([
    ['the name of the login alone', (state: string) => state.split('.')[0] ?? ''],
    ['a guess for its state', (state: string) => `${state.split('.')[0] ?? ''}.${'A'.repeat(43)}`],
    ['nothing', () => ''],
  ])('is neither opened nor ended by %s', async (_name, forge) => {
    const { records } = await open();
    const { state } = await setOut(records);
    expect(await records.comeBack(forge(state))).toBeUndefined();
    expect(await records.comeBack(state)).toBeDefined();
  });

  it('is bound to the cookie it was started with', async () => {
    const { records } = await open();
    const { state, cookie } = await records.setOutToAccount();
    const other = await records.setOutToAccount();
    const way = await records.comeBack(state);
    if (way === undefined) throw new Error('the way is gone');
    expect(isBoundToBrowser(way, cookie.value)).toBe(true);
    expect(isBoundToBrowser(way, other.cookie.value)).toBe(false);
    expect(isBoundToBrowser(way, undefined)).toBe(false);
  });

  it('ends after ten minutes', async () => {
    const { records, clock } = await open();
    const { state } = await setOut(records);
    clock.advance(LOGIN_TTL_MS);
    expect(await records.comeBack(state)).toBeUndefined();
  });

  it('comes back although the gateway has got a new key meanwhile', async () => {
    const { gateway } = await openPeopleRooms();
    const rooms = gateway();
    const records = createLoginRecords(rooms);
    const { state } = await setOut(records);
    const key = (byte: number) => Buffer.alloc(32, byte).toString('base64url');
    rooms.gatewayRing.replace(`g2:${key(9)},g1:${key(1)}`);
    expect(await records.comeBack(state)).toMatchObject(consent);
  });
});

describe('somebody who decides again', () => {
  it('is found by the login, and taken by one of two decisions', async () => {
    const { records } = await open();
    await records.arrive('uid', arrival);
    expect((await records.look('uid')).arrival).toEqual(arrival);
    const seen = await records.look('uid');
    const taken = await Promise.all([records.takeArrival(seen), records.takeArrival(seen)]);
    expect(taken.filter((each) => each !== undefined)).toEqual([arrival]);
    expect((await records.look('uid')).arrival).toBeUndefined();
  });

  it('is not lost to a form that set out meanwhile: nobody would let go of the credential', async () => {
    const { records } = await open();
    const seen = await records.look('uid');
    await records.arrive('uid', arrival);
    expect(await records.setOut(consent, seen)).toBeUndefined();
    expect((await records.look('uid')).arrival).toEqual(arrival);
  });

  it('cannot come back by a state', async () => {
    const { records } = await open();
    const { state } = await setOut(records);
    await records.arrive('uid', arrival);
    expect(await records.comeBack(state)).toBeUndefined();
    expect((await records.look('uid')).arrival).toEqual(arrival);
  });

  it('can do so for ten minutes, and is let go of afterwards', async () => {
    const { records, clock } = await open();
    await records.arrive('uid', arrival);
    clock.advance(LOGIN_TTL_MS);
    expect((await records.look('uid')).arrival).toBeUndefined();
    expect(await records.takeArrival(await records.look('uid'))).toBeUndefined();
    const released: string[][] = [];
    const release = async ({ resource, handle, grantId }: Arrival) => {
      await Promise.resolve();
      released.push([resource, handle, grantId]);
    };
    await records.sweep(release);
    expect(released).toEqual([]);
    clock.advance(60_000);
    await records.sweep(release);
    expect(released).toEqual([['https://gateway.example/mcp', 'secret-handle', 'grant']]);
    await records.sweep(release);
    expect(released).toHaveLength(1);
  });
});
