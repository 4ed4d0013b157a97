// A thousand races for codes and a thousand for refresh tokens over two gateways on each store, on demand:
// `npm run races`, or `npm run races -- 200` for another number. Ends with exit code 1 when a race was lost.

import { runRaces } from '../integration/replicas/race.ts';
import type { RaceReport } from '../integration/replicas/race.ts';
import { startReplicas } from '../integration/replicas/replicas.ts';
import type { StoreKind } from '../integration/replicas/replicas.ts';

const CONCURRENCY = 50;
const STORES: readonly StoreKind[] = ['sqlite', 'redis'];

const races = Number(process.argv[2] ?? 1000);
if (!Number.isInteger(races) || races < 1) throw new RangeError('the number of races must be 1 or more');

print(`${new Date().toISOString().slice(0, 10)}, two gateways, concurrency ${CONCURRENCY}`);
for (const store of STORES) {
  const replicas = await startReplicas({ store });
  try {
    const { codes, refreshTokens } = await runRaces(replicas, { races, concurrency: CONCURRENCY });
    conclude(`${store}: codes`, codes);
    conclude(`${store}: refresh tokens`, refreshTokens);
  } finally {
    await replicas.close();
  }
}

function conclude(name: string, report: RaceReport): void {
  const { forked, lost, unexpected } = report;
  const isGood = report.races === races && forked === 0 && lost === 0 && unexpected.length === 0;
  if (!isGood) process.exitCode = 1;
  const odd = unexpected.length === 0 ? '' : `, unexpected: ${unexpected.join('; ')}`;
  print(
    `${name}: ${report.races} races in ${report.seconds.toFixed(1)} s, ${forked} forked, ${lost} without a winner${odd}`,
  );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
