import type { GatewayConfig } from '../../gateway/config/load-config.ts';
import type { Stack } from '../support/stack.ts';

export type Area = 'variable' | 'endpoint' | 'metric' | 'script' | 'file' | 'request';

/** The parts of the product that items of the guide wait for. */
export type Part =
  | 'server description'
  | 'account tools'
  | 'enterprise sign-in'
  | 'quotas'
  | 'audit'
  | 'deployment'
  | 'client examples';

/** What rows are executed against. */
export interface GuidePlace {
  readonly stack: Stack;
  readonly accessToken: string;
  /** The text of the metrics after one of each event. */
  readonly metrics: string;
  /** Loads the gateway's configuration with these variables over what is required. @throws ConfigurationError */
  configure(env: Readonly<Record<string, string>>): GatewayConfig;
  /** Whether the gateway reads a variable of this name. */
  readsVariable(name: string): boolean;
  readonly scripts: Readonly<Record<string, string>>;
  /** Whether the repository has a file of this name in any folder. */
  hasFile(name: string): boolean;
  listTools(): Promise<readonly string[]>;
}

type Proof = (place: GuidePlace) => Promise<void> | void;

/** One item of the guide and what became of it. `prove` shows it, or that a later item is really not there yet. */
export type Row = {
  readonly area: Area;
  /** As the fixture names it. */
  readonly name: string;
  readonly prove: Proof;
} & (
  | { readonly outcome: 'works' }
  | { readonly outcome: 'works_as'; readonly as: string }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'later'; readonly part: Part }
);

export function describeRow(row: Row): string {
  const what = `${row.area} ${row.name}`;
  if (row.outcome === 'works') return `${what} works`;
  if (row.outcome === 'works_as') return `${what} works as ${row.as}`;
  if (row.outcome === 'refused') return `${what} is refused: ${row.reason}`;
  return `${what} comes later, with: ${row.part}`;
}
