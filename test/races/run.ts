// Races for codes and refresh tokens over two gateways, on demand: `npm run races` redeems 2,500 codes and uses 2,500
// refresh tokens on each store, each by four requests at once, so 10,000 requests of each kind. `npm run races -- 200`
// runs another number, `npm run races -- 2500 redis` one store only. Ends with exit code 1 when a guarantee broke.

import { runRaces } from '../integration/replicas/race.ts';
import type { RaceReport, RacesReport } from '../integration/replicas/race.ts';
import { startReplicas } from '../integration/replicas/replicas.ts';
import type { StoreKind } from '../integration/replicas/replicas.ts';

const CONCURRENCY = 50;
/** More sign-ins than GitHub lets one app have in an hour. */
const SPARE_TOKEN_REQUESTS = 100;
const STORES: readonly StoreKind[] = ['sqlite', 'redis'];

const races = Number(process.argv[2] ?? 2500);
if (!Number.isInteger(races) || races < 1) throw new RangeError('the number of races must be 1 or more');
const stores = STORES.filter((store) => process.argv[3] === undefined || store === process.argv[3]);
if (stores.length === 0) throw new RangeError(`the store must be one of ${STORES.join(', ')}`);

print(`${new Date().toISOString().slice(0, 10)}, two gateways, concurrency ${CONCURRENCY}`);
for (const store of stores) {
  const replicas = await startReplicas({
    store,
    github: { tokenRequestsPerHour: races + SPARE_TOKEN_REQUESTS },
  });
  try {
    conclude(store, await runRaces(replicas, { races, concurrency: CONCURRENCY }));
  } finally {
    await replicas.close();
  }
}

function conclude(store: StoreKind, { codes, refreshTokens, clients, loggedOut }: RacesReport): void {
  print(`${store}: codes: ${describe(codes)}`);
  print(`${store}: refresh tokens: ${describe(refreshTokens)}`);
  print(`${store}: ${loggedOut} of ${clients} clients logged out`);
  const areGood = isGood(codes) && isGood(refreshTokens) && clients === races && loggedOut === 0;
  if (!areGood) process.exitCode = 1;
}

function isGood({ races: run, forked, lost, unexpected }: RaceReport): boolean {
  return run === races && forked === 0 && lost === 0 && unexpected.length === 0;
}

function describe({ races: run, requests, seconds, forked, lost, unexpected }: RaceReport): string {
  const odd = unexpected.length === 0 ? '' : `, unexpected: ${unexpected.join('; ')}`;
  const size = `${run} races of ${requests} requests in ${seconds.toFixed(1)} s`;
  return `${size}, ${forked} forked, ${lost} without a winner${odd}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
