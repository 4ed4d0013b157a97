import { parseArgs } from 'node:util';
import { LauncherFault } from './launcher-fault.ts';

export interface DemoArguments {
  /** Sign in headlessly in a state folder of its own, report, and stop. */
  readonly check: boolean;
  /** Forget the state of earlier runs first. */
  readonly reset: boolean;
  /** Copy the logs of the children to the screen. */
  readonly verbose: boolean;
  /** State folder to use in place of the default. */
  readonly state: string | undefined;
}

export interface StartArguments {
  /** Worker processes to start beside the gateway; undefined when the command does not say. */
  readonly workers: number | undefined;
  readonly verbose: boolean;
}

const DEMO_USAGE = 'npm run demo -- [--check] [--reset] [--state FOLDER] [--verbose]';
const START_USAGE = 'npm start -- [--workers N] [--verbose]';

const MAX_WORKERS = 64;

/** @throws LauncherFault (exit code 2) that says what was not understood and how the command is written */
export function parseDemoArguments(args: readonly string[]): DemoArguments {
  return withUsage(DEMO_USAGE, () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        check: { type: 'boolean', default: false },
        reset: { type: 'boolean', default: false },
        state: { type: 'string' },
        verbose: { type: 'boolean', default: false },
      },
    });
    const { check, reset, verbose, state } = values;
    if (check && (reset || state !== undefined)) {
      throw new RangeError(
        '--check takes a state folder of its own, so --reset and --state mean nothing with it',
      );
    }
    if (state === '') throw new RangeError('--state names no folder');
    return { check, reset, verbose, state };
  });
}

/** @throws LauncherFault (exit code 2) that says what was not understood and how the command is written */
export function parseStartArguments(args: readonly string[]): StartArguments {
  return withUsage(START_USAGE, () => {
    const { values } = parseArgs({
      args: [...args],
      options: { workers: { type: 'string' }, verbose: { type: 'boolean', default: false } },
    });
    return { workers: parseWorkers(values.workers), verbose: values.verbose };
  });
}

function parseWorkers(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const workers = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (workers < 1 || workers > MAX_WORKERS) {
    throw new RangeError(`--workers takes a number from 1 to ${MAX_WORKERS}, not ${JSON.stringify(text)}`);
  }
  return workers;
}

function withUsage<T>(usage: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LauncherFault(`${why}\nUsage: ${usage}`, { exitCode: 2, cause: error });
  }
}
