import { z } from 'zod';
import { LauncherFault } from './launcher-fault.ts';

const keptPorts = z.strictObject({
  schema: z.literal(1),
  ports: z.record(z.string().min(1), z.int().min(1).max(65_535)),
});

/** The text of `ports.json`. */
export function renderKeptPorts(ports: ReadonlyMap<string, number>): string {
  return `${JSON.stringify({ schema: 1, ports: Object.fromEntries(ports) }, undefined, 2)}\n`;
}

/**
 * Reads the text of `ports.json`.
 * @throws LauncherFault when it is not what `renderKeptPorts` writes: other ports would mean another issuer, so they
 *   are not replaced without being asked
 */
export function parseKeptPorts(text: string, path: string): ReadonlyMap<string, number> {
  try {
    return new Map(Object.entries(keptPorts.parse(JSON.parse(text)).ports));
  } catch (error) {
    throw new LauncherFault(`${path} is damaged. Remove it to have ports chosen anew.`, { cause: error });
  }
}
