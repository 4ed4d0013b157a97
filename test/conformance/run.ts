// The official conformance suite against this product: `npm run conformance`. Each revision's requirements through a
// real gateway and a fixture worker, the protocol scenarios against the real worker, and the authorization server.
// Ends with exit code 1 on a failure, on a known failure that no longer fails, and when a scenario did not run.

import type { GroupResult } from './suite/groups.ts';
import { runAuthorization, runProtocolScenarios, runRequirements } from './suite/groups.ts';
import type { Target } from './suite/target.ts';
import { startTarget } from './suite/target.ts';

const groups: GroupResult[] = [];
await withTarget('fixture worker', runRequirements);
await withTarget('GitHub worker', async (target) => [
  ...(await runProtocolScenarios(target)),
  await runAuthorization(target),
]);

const passed = groups.reduce((sum, group) => sum + group.passed, 0);
const failed = groups.reduce((sum, group) => sum + group.faults.length, 0);
print(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

async function withTarget(
  kind: Parameters<typeof startTarget>[0],
  run: (target: Target) => Promise<GroupResult[]>,
): Promise<void> {
  const target = await startTarget(kind);
  try {
    for (const group of await run(target)) report(group);
  } finally {
    await target.close();
  }
}

function report(group: GroupResult): void {
  groups.push(group);
  if (group.faults.length > 0) print(group.output);
  for (const fault of group.faults) print(`fault: ${fault}`);
  const known =
    group.known.length > 0 ? `, ${group.known.length} known to fail: ${group.known.join(', ')}` : '';
  print(`${group.name}: ${group.passed} passed, ${group.faults.length} failed${known}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
