import { readFrom } from './log-tail.ts';

const POLL_MS = 200;

/**
 * Copies what is appended to a log to `print`, line by line and with the child's name, until stopped. The children
 * write to files themselves, so that a launcher that is killed breaks no pipe under them.
 */
export function followLog(name: string, path: string, print: (line: string) => void): { stop(): void } {
  let end = 0;
  let rest = '';
  const copy = () => {
    const part = readFrom(path, () => end);
    end = part.end;
    const lines = (rest + part.text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) print(`[${name}] ${line}`);
  };
  const timer = setInterval(copy, POLL_MS);
  return {
    stop: () => {
      clearInterval(timer);
      copy();
      if (rest !== '') print(`[${name}] ${rest}`);
    },
  };
}
