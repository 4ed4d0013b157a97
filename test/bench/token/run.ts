// `npm run bench -- token`: refreshes and logins a second of one gateway process with everything on, beside the stock
// library in the same run; bytes in Redis for each signed-in client. `--million` adds the latency at a million grants.
// The last line is JSON.

import { rmSync } from 'node:fs';
import { refreshesOf, seedStock, SERVER_CORE, startOurs, startStock } from './contenders.ts';
import type { Contender } from './contenders.ts';
import { bytesPerClient } from './bytes.ts';
import { loginsPerSecond } from './logins.ts';
import { latencyRatioAtMillion } from './million.ts';
import { median, print } from '../support/load.ts';
import { stayOffCore } from '../support/pinned.ts';

const ROUNDS = 3;
const CLIENTS = 64;

export async function runTokenBench(words: readonly string[]): Promise<void> {
  const isQuick = words.includes('--quick');
  const rounds = isQuick ? 1 : ROUNDS;
  stayOffCore(SERVER_CORE);
  const ours = await startOurs();
  const stock = await startStock();
  try {
    const contenders: Contender[] = [await ours.contender(CLIENTS), await seedStock(stock, CLIENTS)];
    const speeds = contenders.map(() => [] as number[]);
    // In turns, so that a slow minute of the machine hits both.
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, contender] of contenders.entries()) {
        const { perSecond, medianMs, p99Ms } = await refreshesOf(contender, {
          runMs: isQuick ? 2_000 : 8_000,
        });
        speeds[index]?.push(perSecond);
        print(
          `refresh ${contender.name}: ${perSecond.toFixed(0)}/s, median ${medianMs.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`,
        );
      }
    }
    const [mine = Number.NaN, theirs = Number.NaN] = speeds.map((all) => median(all));
    const login = await loginsPerSecond(ours, isQuick ? 2_000 : 10_000);
    print(`login: ${login.toFixed(0)}/s`);
    const bytes = await bytesPerClient(
      ours,
      isQuick ? { clients: 20, rotations: 20 } : { clients: 100, rotations: 300 },
    );
    print(
      `redis: ${bytes.lasting.toFixed(0)} bytes a client that last, ${bytes.atOnce.toFixed(0)} right after the sign-in`,
    );
    const latencyRatio = words.includes('--million') ? await latencyRatioAtMillion() : null;
    print(
      JSON.stringify({
        bench: 'token',
        refresh_per_s: Math.round(mine),
        login_per_s: Math.round(login),
        refresh_ratio_stock: Number((mine / theirs).toFixed(2)),
        bytes_per_client: Math.round(bytes.lasting),
        latency_ratio_1m: latencyRatio === null ? null : Number(latencyRatio.toFixed(2)),
      }),
    );
  } finally {
    await stock.stop();
    await ours.stop();
    rmSync(ours.folder, { recursive: true, force: true });
  }
}
