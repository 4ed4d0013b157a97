import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const TAIL_BYTES = 16 * 1024;
const TAIL_LINES = 15;

/** The last `count` lines of a text that have something in them. */
export function lastLines(text: string, count: number): readonly string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return count <= 0 ? [] : lines.slice(-count);
}

/** The end of a log file, for the report of a process that died; a file that cannot be read has none. */
export function readLogTail(path: string): readonly string[] {
  try {
    return lastLines(readFrom(path, (size) => Math.max(0, size - TAIL_BYTES)).text, TAIL_LINES);
  } catch {
    return [];
  }
}

/** Reads a file from an offset that may depend on its size; `end` is where the next reading goes on. */
export function readFrom(path: string, offset: (size: number) => number): { text: string; end: number } {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const from = Math.min(offset(size), size);
    const bytes = Buffer.alloc(size - from);
    const read = readSync(file, bytes, 0, bytes.length, from);
    return { text: bytes.toString('utf8', 0, read), end: from + read };
  } finally {
    closeSync(file);
  }
}
