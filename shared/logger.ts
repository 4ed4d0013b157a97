import { pino } from 'pino';
import { redactText, redactValue } from './redaction.ts';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** Named values of a line. An Error belongs under `err`. */
export type LogFields = Readonly<Record<string, unknown>>;

interface LogMethod {
  (message: string): void;
  (fields: LogFields, message: string): void;
}

/** Writes JSON lines from which secrets have been taken out. */
export interface Logger extends Readonly<Record<LogLevel, LogMethod>> {
  /** A logger whose every line carries these fields too, for example the `requestId` of a call. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** The process: `gateway`, `worker`. */
  readonly name: string;
  /** Takes the lines; standard output when absent. */
  readonly destination?: { write(line: string): void };
}

/** Names that pino writes itself: a second one in the same line could contradict it. */
const RESERVED = new Set(['level', 'time', 'name', 'msg', 'pid', 'hostname']);

/**
 * Creates the logger of a process: one JSON object a line, ISO time, the level by name. Every text is redacted and cut to
 * 1 KiB, in fields, nested objects and errors alike; a log call never throws for what it is given.
 */
export function createLogger({ level, name, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // pino's own serializer would read the redacted error as if it were no error.
    serializers: { err: (redacted: unknown) => redacted },
  };
  return wrap(pino(options, destination ?? standardOutput()));
}

/** What is written at once at most (bytes); more than a turn of the event loop brings, but for a flood. */
const MAX_HELD = 16 * 1024 - 1;

/**
 * Standard output, written once for each turn of the event loop: under load a line of its own for every call cost a fifth
 * of the calls. Nothing is held longer, and what is held is written before the process ends.
 */
function standardOutput(): { write(line: string): void } {
  const output = pino.destination({ dest: 1, sync: true, minLength: MAX_HELD });
  let isDue = false;
  // Not `flushSync`, which also waits for the disk.
  const flush = () => {
    isDue = false;
    output.flush();
  };
  process.on('exit', () => {
    output.flushSync();
  });
  return {
    write: (line) => {
      output.write(line);
      if (isDue) return;
      isDue = true;
      setImmediate(flush);
    },
  };
}

function wrap(inner: pino.Logger): Logger {
  const method =
    (level: LogLevel): LogMethod =>
    (...args: [string] | [LogFields, string]) => {
      if (!inner.isLevelEnabled(level)) return;
      const [fields, message] = args.length === 1 ? [{}, args[0]] : args;
      inner[level](redactFields(fields), redactText(message));
    };
  return {
    fatal: method('fatal'),
    error: method('error'),
    warn: method('warn'),
    info: method('info'),
    debug: method('debug'),
    trace: method('trace'),
    child: (fields) => wrap(inner.child(redactFields(fields))),
  };
}

function redactFields(fields: LogFields): Record<string, unknown> {
  try {
    const redacted = redactValue(fields);
    if (typeof redacted !== 'object' || redacted === null) return {};
    const entries = Object.entries(redacted as Record<string, unknown>);
    return Object.fromEntries(entries.map(([key, value]) => [RESERVED.has(key) ? `${key}_` : key, value]));
  } catch {
    // A getter or proxy of a foreign object threw; the message is worth more than the fields.
    return { fieldsUnreadable: true };
  }
}
