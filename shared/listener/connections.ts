import type { Socket } from 'node:net';

/** How many connections a listener takes. */
export interface ConnectionRules {
  readonly max: number;
  /** Most of them from one address (IPv6: one network), unless the peer is exempt. */
  readonly maxPerAddress: number;
  /** What connections are counted by; undefined for load balancers, which bring everybody. */
  readonly groupOf: (address: string) => string | undefined;
}

/** `in_place_of_another`: the longest idle one was closed for it. `refused`: none was idle. */
export type Admission = 'admitted' | 'in_place_of_another' | 'refused';

/** Every socket of a listener, from its first byte to its end, whatever it became in between. */
export interface Connections {
  /** Takes a new connection in. */
  admit(socket: Socket): Admission;
  /** A request was read on it. */
  began(socket: Socket): void;
  /** The answer is out, or was given up. */
  ended(socket: Socket): void;
  isBusy(socket: Socket): boolean;
  /** Closes what is idle now, and from now on what becomes idle. */
  drain(): void;
  /** Ends all that is left, at once. */
  destroy(): void;
}

/**
 * Keeps count of sockets by itself: Node forgets one that was handed over (CONNECT, Upgrade), and neither its timeouts
 * nor `closeAllConnections` reach it. A half-sent head counts as idle, a call that waits for its answer does not.
 */
export function createConnections(rules: ConnectionRules): Connections {
  /** How many requests of each are being answered. */
  const exchanges = new Map<Socket, number>();
  const places = createPlaces(rules);
  let isDraining = false;
  return {
    admit: (socket) => {
      const admission = places.take(socket);
      if (admission === 'refused') return admission;
      exchanges.set(socket, 0);
      socket.once('close', () => {
        exchanges.delete(socket);
        places.leave(socket);
      });
      return admission;
    },
    began: (socket) => {
      const open = exchanges.get(socket);
      if (open === undefined) return;
      exchanges.set(socket, open + 1);
      places.markBusy(socket);
    },
    ended: (socket) => {
      const open = exchanges.get(socket);
      if (open === undefined) return;
      exchanges.set(socket, open - 1);
      if (open > 1) return;
      places.markIdle(socket);
      if (isDraining) socket.destroySoon();
    },
    isBusy: (socket) => (exchanges.get(socket) ?? 0) > 0,
    drain: () => {
      isDraining = true;
      for (const [socket, open] of [...exchanges]) if (open === 0) socket.destroy();
    },
    destroy: () => {
      for (const socket of [...exchanges.keys()]) socket.destroy();
    },
  };
}

/**
 * Who has a place. When one is wanted and there is none the longest idle connection goes: of the same address, if that
 * has its share already.
 */
function createPlaces(rules: ConnectionRules) {
  const everybody = createCrowd();
  const groups = new Map<string, Crowd>();
  const groupOf = new Map<Socket, string>();

  const crowdsOf = (socket: Socket): Crowd[] => {
    const own = groups.get(groupOf.get(socket) ?? '');
    return own === undefined ? [everybody] : [everybody, own];
  };
  const join = (socket: Socket, group: string | undefined) => {
    if (group !== undefined) {
      groupOf.set(socket, group);
      if (!groups.has(group)) groups.set(group, createCrowd());
    }
    for (const crowd of crowdsOf(socket)) crowd.join(socket);
  };
  const leave = (socket: Socket) => {
    const group = groupOf.get(socket);
    for (const crowd of crowdsOf(socket)) crowd.leave(socket);
    groupOf.delete(socket);
    if (group !== undefined && groups.get(group)?.size() === 0) groups.delete(group);
  };
  /** Whether there was somebody idle to close. */
  const evictFrom = (crowd: Crowd): boolean => {
    const socket = crowd.longestIdle();
    if (socket === undefined) return false;
    leave(socket);
    socket.destroy();
    return true;
  };
  return {
    take: (socket: Socket): Admission => {
      const group = rules.groupOf(socket.remoteAddress ?? '');
      const own = groups.get(group ?? '');
      const isShareTaken = own !== undefined && own.size() >= rules.maxPerAddress;
      if (isShareTaken && !evictFrom(own)) return 'refused';
      const isFull = everybody.size() >= rules.max;
      if (isFull && !evictFrom(everybody)) return 'refused';
      join(socket, group);
      return isShareTaken || isFull ? 'in_place_of_another' : 'admitted';
    },
    leave,
    markBusy: (socket: Socket) => {
      for (const crowd of crowdsOf(socket)) crowd.markBusy(socket);
    },
    markIdle: (socket: Socket) => {
      for (const crowd of crowdsOf(socket)) crowd.markIdle(socket);
    },
  };
}

/** Sockets that are counted together, the idle ones in the order in which they became idle. */
interface Crowd {
  size(): number;
  join(socket: Socket): void;
  leave(socket: Socket): void;
  markBusy(socket: Socket): void;
  markIdle(socket: Socket): void;
  longestIdle(): Socket | undefined;
}

function createCrowd(): Crowd {
  const idle = new Set<Socket>();
  const members = new Set<Socket>();
  return {
    size: () => members.size,
    join: (socket) => {
      members.add(socket);
      idle.add(socket);
    },
    leave: (socket) => {
      members.delete(socket);
      idle.delete(socket);
    },
    markBusy: (socket) => void idle.delete(socket),
    markIdle: (socket) => {
      if (members.has(socket)) idle.add(socket);
    },
    longestIdle: () => idle.values().next().value,
  };
}
