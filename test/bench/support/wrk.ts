import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What wrk measured. */
export interface WrkResult {
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

export interface WrkLoad {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
  readonly core: number;
}

/** POSTs as fast as answers come, over kept connections. @throws when an answer is no 2xx, or a connection fails. */
export async function wrk(folder: string, load: WrkLoad): Promise<WrkResult> {
  const script = join(folder, 'post.lua');
  const headers = Object.entries(load.headers).map(
    ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
  );
  writeFileSync(
    script,
    ['wrk.method = "POST"', `wrk.body = ${JSON.stringify(load.body)}`, ...headers, DONE].join('\n'),
  );
  const { stdout } = await run('taskset', [
    '-c',
    String(load.core),
    'wrk',
    '-t1',
    `-c${String(load.connections)}`,
    `-d${String(load.seconds)}s`,
    '-s',
    script,
    load.url,
  ]);
  const line = /^RESULT (.*)$/m.exec(stdout)?.[1] ?? '';
  const [requests = 0, micros = 1, failed = 0, median = 0, p99 = 0] = line.split(' ').map(Number);
  if (requests === 0 || failed > 0) throw new Error(`wrk met failures: ${stdout}`);
  return { perSecond: (requests / micros) * 1e6, medianMs: median / 1000, p99Ms: p99 / 1000 };
}

/** Written by wrk when it is done: requests, duration, failures, latencies in microseconds. */
const DONE = `
done = function(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration, failed,
    latency:percentile(50), latency:percentile(99)))
end
`;
