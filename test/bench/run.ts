// Benches on demand: `npm run bench -- token [--million] [--quick]`, `npm run bench -- revocation [--quick]`. Load goes to
// loopback only. Figures are of one machine and one run: compare contenders of one run, never runs.

import { print } from './support/load.ts';
import { runProxyBench } from './proxy/run.ts';
import { runRevocationBench } from './revocation/run.ts';
import { runTokenBench } from './token/run.ts';

const BENCHES: Readonly<Record<string, (words: readonly string[]) => Promise<void>>> = {
  proxy: runProxyBench,
  token: runTokenBench,
  revocation: runRevocationBench,
};

const [name = '', ...words] = process.argv.slice(2);
const bench = BENCHES[name];
if (bench === undefined) {
  print(`usage: npm run bench -- ${Object.keys(BENCHES).join(' | ')}`);
  process.exitCode = 2;
} else {
  await bench(words);
}
