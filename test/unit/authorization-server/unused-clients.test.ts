import { describe, expect, it, onTestFinished } from 'vitest';
import { makeRoom } from '../../../gateway/clients/unused-clients.ts';
import { keys, openSqliteStore } from '../../../shared/store/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { DAY_MS } from '../../support/movable-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MAX = 10;

/** Members are `<group>/<number>`. */
async function open() {
  const clock = fakeClock();
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  const set = keys.unusedClients();
  const underWay = new Set<string>();
  const gone: string[] = [];
  const add = async (member: string): Promise<boolean> => {
    clock.advance(1);
    const isRoom = await makeRoom(
      {
        store,
        clock,
        set,
        max: MAX,
        groupOf: (each) => each.split('/')[0] ?? '',
        isUnderWay: async (each) => await Promise.resolve(underWay.has(each)),
        forget: async (each) => {
          await Promise.resolve(gone.push(each));
        },
      },
      member,
    );
    if (isRoom) await store.addMember(set, member, clock.now() + 7 * DAY_MS);
    return isRoom;
  };
  const addAll = async (group: string, count: number) => {
    for (let index = 0; index < count; index += 1) await add(`${group}/${String(index)}`);
  };
  return { clock, store, set, underWay, gone, add, addAll };
}

describe('room for clients that nobody signed in with', () => {
  it('S17: is made by the oldest of the group that has the most', async () => {
    const { gone, add, addAll } = await open();
    await addAll('honest', 2);
    await addAll('flood', 8);
    await add('other/0');
    await add('other/1');
    expect(gone).toEqual(['flood/0', 'flood/1']);
  });

  it('is made by the oldest of all where groups are equally full', async () => {
    const { gone, add } = await open();
    for (let index = 0; index < MAX + 2; index += 1) await add(`g${String(index)}/0`);
    expect(gone).toEqual(['g0/0', 'g1/0']);
  });

  it('S17: never by one that somebody is signing in with', async () => {
    const { gone, add, addAll, underWay } = await open();
    await addAll('honest', 5);
    await addAll('other', 5);
    for (const member of ['honest/0', 'honest/1', 'other/0']) underWay.add(member);
    await add('third/0');
    expect(gone).toEqual(['honest/2']);
  });

  it('S17: a flood whose every client is being signed in with evicts nobody else who is on the way', async () => {
    const { gone, add, addAll, underWay } = await open();
    await addAll('honest', 2);
    underWay.add('honest/0').add('honest/1');
    for (let index = 0; index < 30; index += 1) {
      underWay.add(`flood/${String(index)}`);
      await add(`flood/${String(index)}`);
    }
    expect(gone).toEqual([]);
    // The flood was turned away, and others still get in.
    expect(await add('flood/30')).toBe(false);
    expect(await add('third/0')).toBe(true);
    expect(gone).toEqual(['flood/0']);
  });

  it('S8: is made first of those whose time is over, more of them than come', async () => {
    const { clock, store, set, gone, add, addAll } = await open();
    await addAll('old', MAX);
    clock.advance(7 * DAY_MS);
    await add('new/0');
    expect(gone).toEqual([]);
    expect(await store.countMembers(set)).toBe(1);
  });
});
