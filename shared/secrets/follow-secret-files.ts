import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { EventBus } from '../ops/index.ts';
import type { LookAgain, SecretFile, SecretReading, SecretSource } from './secret-source.ts';

/** How often every file is read (ms). Notifications of the file system do not reach through bind mounts. */
const LOOK_EVERY_MS = 2_000;
/** An unknown key makes us look at once; whoever sends us such things must not make us read files all day (ms). */
const LOOK_AGAIN_AFTER_MS = 1_000;

/** Where what is taken goes. @throws Error whose message says why it cannot be used, never what it is. */
type Take = (text: string) => void;

export interface SecretFollower {
  /** Gives every new content of the source's file to `take`. A source without a file is never looked at. */
  readonly follow: (source: SecretSource, take: Take) => LookAgain;
  /** Stops looking. */
  readonly close: () => void;
}

export interface SecretFollowerDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventBus;
}

/**
 * Follows the files that secrets come from. A content is taken when two looks in a row found the same: a file that is
 * written in place is seen half written at most once. So a change counts within 5 s. A file that cannot be used
 * changes nothing: the process goes on with what it had, an error line and a metric say so, until the file is mended.
 */
export function followSecretFiles(deps: SecretFollowerDeps): SecretFollower {
  const looks: (() => void)[] = [];
  const timer = setInterval(() => {
    for (const look of looks) look();
  }, LOOK_EVERY_MS).unref();
  return {
    follow: ({ text, file }, take) => {
      if (file === undefined) return () => false;
      const followed = followFile(deps, file, { text, take });
      looks.push(followed.look);
      return followed.lookAgain;
    },
    close: () => {
      clearInterval(timer);
    },
  };
}

function followFile(
  deps: SecretFollowerDeps,
  file: SecretFile,
  { text, take }: { text: string; take: Take },
): { look: () => void; lookAgain: LookAgain } {
  const reports = reportsOf(deps, file);
  let taken = text;
  let seen: SecretReading = { ok: true, text };
  let lastLook = -Infinity;

  /** True when another content was taken. */
  const settle = (reading: SecretReading): boolean => {
    const problem = reading.ok ? problemOf(take, taken, reading.text) : reading.problem;
    if (problem !== undefined) {
      reports.refused(problem);
      return false;
    }
    if (!reading.ok || reading.text === taken) {
      reports.mended();
      return false;
    }
    taken = reading.text;
    reports.taken();
    return true;
  };
  return {
    look: () => {
      const reading = file.read();
      const isSame = isSameReading(reading, seen);
      seen = reading;
      if (isSame) settle(reading);
    },
    lookAgain: () => {
      const now = deps.clock.now();
      if (now - lastLook < LOOK_AGAIN_AFTER_MS) return false;
      lastLook = now;
      const reading = file.read();
      // What is wrong with the file is for the next two looks to find: it may be half written.
      if (!reading.ok || reading.text === taken || problemOf(take, taken, reading.text) !== undefined)
        return false;
      seen = reading;
      taken = reading.text;
      reports.taken();
      return true;
    },
  };
}

/** Why a text cannot be taken; undefined when it was, or was before. */
function problemOf(take: Take, taken: string, text: string): string | undefined {
  if (text === taken) return undefined;
  try {
    take(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'cannot be used';
  }
}

function isSameReading(one: SecretReading, other: SecretReading): boolean {
  if (one.ok) return other.ok && one.text === other.text;
  return !other.ok && one.problem === other.problem;
}

/** Tells operators of each change of a file once. */
function reportsOf({ logger, events }: SecretFollowerDeps, { variable, path }: SecretFile) {
  let problem: string | undefined;
  const tell = (result: 'followed' | 'taken' | 'refused' | 'mended') => {
    events.emit({ type: 'secret.file.seen', variable, result });
  };
  tell('followed');
  return {
    refused: (found: string) => {
      if (found === problem) return;
      problem = found;
      logger.error(
        { variable, path, problem },
        'the file of a secret cannot be used; the former secret stays',
      );
      tell('refused');
    },
    mended: () => {
      if (problem === undefined) return;
      problem = undefined;
      logger.info({ variable, path }, 'the file of a secret is as it was');
      tell('mended');
    },
    taken: () => {
      problem = undefined;
      logger.info({ variable, path }, 'a secret was replaced from its file');
      tell('taken');
    },
  };
}
