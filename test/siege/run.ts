// Hostile traffic of every kind at once, direct and through nginx and HAProxy, against two gateways and three workers on
// each store, while honest people sign in, refresh and call. `npm run siege` takes about five minutes; `-- --seconds 30`
// is what CI runs. Loopback only, bounded in time and count. The last line is the report; exit code 1 when a bar is missed.

import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Replicas } from '../integration/replicas/replicas.ts';
import { startReplicas } from '../integration/replicas/replicas.ts';
import { startHaProxy } from '../support/haproxy.ts';
import { registerClient } from '../support/oauth-client.ts';
import { until } from '../support/redis.ts';
import { freePorts } from '../support/free-ports.ts';
import type { Wave } from './hostile.ts';
import { sendWave } from './hostile.ts';
import type { HonestReport } from './honest.ts';
import { emptyReport, liveHonestly } from './honest.ts';
import { descriptorsOf, footprintOf, INSPECTABLE, lastingBytes } from './measure.ts';
import type { Footprint } from './measure.ts';

const PEOPLE = 3;
const GRACE_SECONDS = 3;
/** Memory and sockets have this long to come back after a wave. */
const SETTLE_LIMIT_MS = 120_000;
const STORE_LIMIT = 1.2;
/** The grace, the half second in which readiness is down before it, and what an exit takes on a busy machine. */
const DRAIN_LIMIT_SECONDS = GRACE_SECONDS + 3;

/** Descriptors that honest people and pools may hold beyond what they held at the beginning. */
const SPARE_DESCRIPTORS = 40;

interface StoreReport {
  readonly honest: HonestReport;
  readonly sent: number;
  readonly descriptorsLeaked: number;
  readonly rssRatio: number;
  readonly heapRatio: number;
  readonly storeRatio: number;
  readonly drainSeconds: number;
  /** Resident MiB of each process: before, after the first wave, after the second. */
  readonly residentMiB: readonly string[];
}

const seconds = Number(process.argv[process.argv.indexOf('--seconds') + 1]) || 300;
/** Of a second wave to the first, once garbage is collected. Short waves are all warm-up. */
const MEMORY_LIMIT = seconds < 300 ? 1.3 : 1.1;
// Of the time, on each store: two waves, and as much again to settle, to start and to end.
const waveMs = (seconds * 1000) / 8;
const reports: StoreReport[] = [];
for (const store of ['sqlite', 'redis'] as const) {
  const report = await besiege(store);
  reports.push(report);
  const { honest, sent, ...figures } = report;
  print(
    `${store}: ${String(sent)} hostile connections; honest: ${String(honest.signIns)} sign-ins, ` +
      `${String(honest.refreshes)} refreshes, ${String(honest.calls)} calls, p99 ${percentile(honest.callMs).toFixed(0)} ms, ` +
      `${String(honest.failures.length)} failed; ${JSON.stringify(figures)}`,
  );
  for (const failure of honest.failures.slice(0, 10)) print(`  ${failure}`);
}
const most = (of: (report: StoreReport) => number) => Math.max(...reports.map(of));
const siege = {
  honest_failed: reports.reduce((sum, { honest }) => sum + honest.failures.length, 0),
  descriptors_leaked: reports.reduce((sum, { descriptorsLeaked }) => sum + descriptorsLeaked, 0),
  rss_ratio_after: rounded(most(({ rssRatio }) => rssRatio)),
  heap_ratio_after: rounded(most(({ heapRatio }) => heapRatio)),
  store_ratio_after: rounded(most(({ storeRatio }) => storeRatio)),
  drain_s: rounded(most(({ drainSeconds }) => drainSeconds)),
};
const isHeld =
  siege.honest_failed === 0 &&
  siege.descriptors_leaked === 0 &&
  siege.rss_ratio_after <= MEMORY_LIMIT &&
  siege.heap_ratio_after <= MEMORY_LIMIT &&
  siege.store_ratio_after <= STORE_LIMIT &&
  siege.drain_s <= DRAIN_LIMIT_SECONDS &&
  reports.every(({ honest }) => honest.signIns > 0 && honest.refreshes > 0 && honest.calls > 0);
if (!isHeld) process.exitCode = 1;
print(JSON.stringify({ siege }));

async function besiege(store: 'sqlite' | 'redis'): Promise<StoreReport> {
  const place = await startReplicas({
    store,
    workers: 3,
    nodeOptions: INSPECTABLE,
    github: { tokenRequestsPerHour: 100_000 },
    gatewayEnv: {
      SHUTDOWN_GRACE: String(GRACE_SECONDS),
      REGISTRATION_LIMIT: '100',
      AUTHORIZATION_LIMIT: '600',
      TOKEN_LIMIT: '3000',
    },
  });
  const [port = 0] = await freePorts(1);
  const haproxy = await startHaProxy({
    port,
    backEnds: place.gateways,
    check: 'GET /health',
    forwarding: true,
  });
  try {
    return await besiegePlace(place, haproxy.url);
  } finally {
    await haproxy.close();
    await place.close();
  }
}

async function besiegePlace(place: Replicas, haproxyUrl: string): Promise<StoreReport> {
  const honest = emptyReport();
  const clients = await Promise.all(
    Array.from({ length: PEOPLE }, async (_, index) =>
      registerClient(place.publicUrl, { client_name: `Honest ${String(index)}` }),
    ),
  );
  let isOver = false;
  const bases = [place.publicUrl, haproxyUrl, ...place.gateways];
  const liveUntilOver = async () => {
    await Promise.all(
      clients.map((client) => liveHonestly(place, { client, bases, report: honest, isOver: () => isOver })),
    );
  };
  const targets = [
    ...place.processes.map(({ port }) => port),
    ...[place.publicUrl, haproxyUrl].map((url) => Number(new URL(url).port)),
  ];
  // Warm: sockets of pools, caches and compiled code are not what strangers leave behind.
  const people = liveUntilOver();
  await until(() => honest.signIns >= PEOPLE && honest.calls >= PEOPLE * 3, 2_400);
  const before = await footprints(place);
  const storeBefore = await lastingBytes(place);
  const first = await sendWave(targets, waveMs);
  letGo(first);
  await settle(place, before);
  const afterFirst = await footprints(place);
  const second = await sendWave(targets, waveMs);
  letGo(second);
  await settle(place, before);
  const afterSecond = await footprints(place);
  const storeRatio = (await lastingBytes(place)) / storeBefore;
  isOver = true;
  await people;
  return {
    honest,
    sent: first.sent + second.sent,
    descriptorsLeaked: leaked(
      before,
      afterSecond.map(({ descriptors }) => descriptors),
    ),
    rssRatio: growth(afterFirst, afterSecond, 'residentBytes'),
    heapRatio: growth(afterFirst, afterSecond, 'heapBytes'),
    storeRatio,
    drainSeconds: await drainUnderSiege(place, targets),
    residentMiB: place.processes.map(
      ({ name }, index) =>
        `${name} ${[before, afterFirst, afterSecond].map((all) => mebibytes(all[index])).join(' ')}`,
    ),
  };
}

async function footprints({ processes }: Replicas): Promise<readonly Footprint[]> {
  return await Promise.all(processes.map(footprintOf));
}

/** Of the process that grew most. */
function growth(
  from: readonly Footprint[],
  to: readonly Footprint[],
  of: 'residentBytes' | 'heapBytes',
): number {
  return Math.max(...to.map((each, index) => each[of] / (from[index]?.[of] ?? 1)));
}

function leaked(before: readonly Footprint[], after: readonly number[]): number {
  return after
    .map((descriptors, index) => descriptors - (before[index]?.descriptors ?? 0) - SPARE_DESCRIPTORS)
    .filter((surplus) => surplus > 0)
    .reduce((sum, surplus) => sum + surplus, 0);
}

function letGo({ held }: Wave): void {
  for (const socket of held) socket.destroy();
}

async function settle(place: Replicas, before: readonly Footprint[]): Promise<void> {
  const limit = performance.now() + SETTLE_LIMIT_MS;
  while (performance.now() < limit) {
    await delay(250);
    if (leaked(before, place.processes.map(descriptorsOf)) === 0) break;
  }
  await delay(waveMs / 4);
}

/** From SIGTERM to the last exit, with a hostile peer of every kind holding on to every process. */
async function drainUnderSiege(place: Replicas, targets: readonly number[]): Promise<number> {
  const wave = await sendWave(targets, 500);
  const startedAt = performance.now();
  const exits = place.processes.map(async ({ child, name }) => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const [code] = (await exited) as [number | null];
    if (code !== 0) throw new Error(`${name} ended with ${String(code)}`);
  });
  await Promise.all(exits);
  const took = (performance.now() - startedAt) / 1000;
  letGo(wave);
  return took;
}

function percentile(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
}

function mebibytes(of: { readonly residentBytes: number } | undefined): string {
  return ((of?.residentBytes ?? 0) / 2 ** 20).toFixed(0);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
