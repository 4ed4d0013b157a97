import { describe, expect, it } from 'vitest';
import { runConformanceCheck } from '../../run/conformance-check.ts';

const after = async (exitCode: number | null, output: string) =>
  await runConformanceCheck(async () => ({ exitCode, output }));

describe('the check by the official conformance suite', () => {
  it('counts what the last line says', async () => {
    const output = 'requirements: 5 passed, 1 failed\n7 passed, 2 failed\n';
    expect(await after(1, output)).toMatchObject({ passed: 7, failed: 2, skipped: [], output });
  });

  it('is passed when nothing failed and the run ended well', async () => {
    expect(await after(0, '79 passed, 0 failed\n')).toMatchObject({ passed: 79, failed: 0 });
  });

  it.each([
    { title: 'ends badly although nothing failed', exitCode: 1, output: '79 passed, 0 failed\n' },
    { title: 'is killed', exitCode: null, output: '79 passed, 0 failed\n' },
    { title: 'does not say how it ended', exitCode: 0, output: 'requirements: 5 passed, 0 failed\n' },
    { title: 'goes on after the last line', exitCode: 0, output: '79 passed, 0 failed\nError: late\n' },
  ])('has one failure when the run $title', async ({ exitCode, output }) => {
    expect((await after(exitCode, output)).failed).toBe(1);
  });
});
