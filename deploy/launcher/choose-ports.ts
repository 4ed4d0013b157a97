import { LauncherFault } from './launcher-fault.ts';

export interface PortRequest {
  /** What listens there; the name under which the port is kept. */
  readonly name: string;
  readonly preferred: number;
  /** Addresses that must be free on the port, all of them. */
  readonly hosts: readonly string[];
  /** The variable that set the port: then a taken port is a fault instead of a reason to move. */
  readonly fixedBy?: string;
}

export interface MovedPort {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface ChosenPorts {
  readonly ports: ReadonlyMap<string, number>;
  readonly moved: readonly MovedPort[];
}

export type IsPortFree = (port: number, hosts: readonly string[]) => Promise<boolean>;

const HIGHEST_PORT = 65_535;

/**
 * Gives every request a port: the kept one, else the preferred one, else the next that is free and that no other
 * request wants.
 * @throws LauncherFault when a fixed port is taken (exit code 2), or no port is left
 */
export async function choosePorts(
  requests: readonly PortRequest[],
  kept: ReadonlyMap<string, number>,
  isFree: IsPortFree,
): Promise<ChosenPorts> {
  const wanted = new Map(requests.map((request) => [request.name, wantedPort(request, kept)]));
  const ports = new Map<string, number>();
  const moved: MovedPort[] = [];
  for (const request of requests) {
    const from = wantedPort(request, kept);
    const others = [...wanted].filter(([name]) => name !== request.name).map(([, port]) => port);
    const isOurs = (port: number) => [...ports.values()].includes(port);
    let to = from;
    while (isOurs(to) || (to !== from && others.includes(to)) || !(await isFree(to, request.hosts))) {
      requireMovable(request, from);
      to += 1;
      if (to > HIGHEST_PORT) throw new LauncherFault(`no free port from ${from} upwards for ${request.name}`);
    }
    ports.set(request.name, to);
    if (to !== from) moved.push({ name: request.name, from, to });
  }
  return { ports, moved };
}

function wantedPort(request: PortRequest, kept: ReadonlyMap<string, number>): number {
  if (request.fixedBy !== undefined) return request.preferred;
  return kept.get(request.name) ?? request.preferred;
}

function requireMovable({ name, fixedBy }: PortRequest, port: number): void {
  if (fixedBy === undefined) return;
  throw new LauncherFault(
    `port ${port} for ${name} is taken or may not be used; ${fixedBy} fixes it, so it was not moved.`,
    { exitCode: 2 },
  );
}

/** One line for the person at the terminal. */
export function describeMove({ name, from, to }: MovedPort): string {
  return `Port ${from} is taken: ${name} uses ${to} from now on.`;
}
