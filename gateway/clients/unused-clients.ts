import { z } from 'zod';
import type { Clock } from '../../shared/clock.ts';
import type { Key, RecordFamily, Store } from '../../shared/store/index.ts';
import { createRecords, keys } from '../../shared/store/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { recordMacKeys } from '../../shared/vault/index.ts';

/** Members whose time is over that one newcomer removes; more than one, so that they never outnumber newcomers. */
const EXPIRED_BATCH = 500;
/** The oldest members, among which one is chosen to go. */
const LOOK = 20_000;
/** Of a full set so many go at once (1 in 200), so that not every newcomer has to look at all of it. */
const BATCH_SHARE = 200;
/** Members of one group that are asked whether somebody signs in with them. */
const TRIES = 20;

export interface Unused {
  readonly store: Store;
  readonly clock: Clock;
  /** Clients that nobody ever signed in with, by when they are forgotten. */
  readonly set: Key;
  readonly max: number;
  /** Who brought a member along: the network it was registered from, the host of its document. */
  readonly groupOf: (member: string) => string;
  readonly isUnderWay: (member: string) => Promise<boolean>;
  /** Deletes a member's record unless somebody signed in with it meanwhile. */
  readonly forget: (member: string) => Promise<void>;
}

/**
 * Makes room for one more client that nobody signed in with yet. When there are too many, the oldest of the fullest group
 * goes: a flood replaces itself. One that somebody is signing in with stays, unless its group has more than half of all
 * room; then a newcomer of another group takes its place.
 *
 * @returns false when there is no room: the newcomer is of the group that took it.
 */
export async function makeRoom(of: Unused, newcomer: string): Promise<boolean> {
  const { store, set, max } = of;
  const expired = await store.membersUntil(set, of.clock.now(), EXPIRED_BATCH);
  for (const member of expired) await store.removeMember(set, member);
  const excess = (await store.countMembers(set)) - max + 1;
  if (excess <= 0) return true;
  const wanted = Math.max(excess, Math.floor(max / BATCH_SHARE));
  const groups = groupsOf(await store.membersUntil(set, Number.MAX_SAFE_INTEGER, LOOK), of.groupOf);
  for (let gone = 0; gone < wanted; gone += 1) {
    const member = await chooseOne(of, groups, of.groupOf(newcomer));
    if (member === undefined) return gone >= excess;
    await of.forget(member);
    await store.removeMember(set, member);
  }
  return true;
}

interface Group {
  readonly name: string;
  /** How many of it are in the set. */
  size: number;
  /** Not asked about yet, the oldest first. */
  readonly left: string[];
  /** Somebody is signing in with them. */
  readonly busy: string[];
}

function groupsOf(members: readonly string[], groupOf: (member: string) => string): Group[] {
  const groups = new Map<string, Group>();
  for (const member of members) {
    const name = groupOf(member);
    const group = groups.get(name) ?? { name, size: 0, left: [], busy: [] };
    group.size += 1;
    group.left.push(member);
    groups.set(name, group);
  }
  return [...groups.values()];
}

/** Groups are in the order of their oldest member: of two that are equally full the first one is taken. */
async function chooseOne(of: Unused, groups: Group[], newcomer: string): Promise<string | undefined> {
  for (;;) {
    const fullest = groups.reduce<Group | undefined>(
      (best, each) => (best === undefined || each.size > best.size ? each : best),
      undefined,
    );
    if (fullest === undefined) return undefined;
    const free = await firstFree(of, fullest);
    const isGreedy = fullest.size * 2 > of.max;
    const chosen = free ?? (isGreedy && fullest.name !== newcomer ? fullest.busy.shift() : undefined);
    if (chosen !== undefined) {
      fullest.size -= 1;
      return chosen;
    }
    if (isGreedy && fullest.name === newcomer) return undefined;
    groups.splice(groups.indexOf(fullest), 1);
  }
}

async function firstFree(of: Unused, group: Group): Promise<string | undefined> {
  while (group.busy.length < TRIES) {
    const member = group.left.shift();
    if (member === undefined || !(await of.isUnderWay(member))) return member;
    group.busy.push(member);
  }
  return undefined;
}

const underWayFamily: RecordFamily<Record<string, never>> = { schema: 1, shape: z.strictObject({}) };

/** Clients that somebody is signing in with at the moment: a note that ends by itself, and grants nothing. */
export interface ClientsUnderWay {
  readonly note: (clientId: string, until: number) => Promise<void>;
  readonly has: (clientId: string) => Promise<boolean>;
}

export function createClientsUnderWay(deps: { store: Store; gatewayRing: KeyRing }): ClientsUnderWay {
  const records = createRecords(deps.store, underWayFamily, recordMacKeys(deps.gatewayRing));
  return {
    note: async (clientId, until) => {
      await deps.store.commit([records.put(keys.clientUnderWay(clientId), {}, { expiresAt: until })]);
    },
    has: async (clientId) => (await records.read(keys.clientUnderWay(clientId))) !== undefined,
  };
}
