import { LauncherFault } from './launcher-fault.ts';

/**
 * Runs a launcher to its exit code; a fault meant for the person is printed without a stack. It exits even when work
 * that a signal broke off still holds timers or connections.
 */
export async function runMainProgram(program: () => Promise<void>): Promise<void> {
  // A terminal that was closed must not end the launcher before its children.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  try {
    await program();
  } catch (error) {
    if (!(error instanceof LauncherFault)) throw error;
    console.error(error.message);
    process.exitCode = error.exitCode;
  }
  process.exit();
}
