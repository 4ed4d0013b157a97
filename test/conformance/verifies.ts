import { it } from 'vitest';
import type { TestedRequirementId } from './requirements.ts';

/** A test that proves a requirement of the MCP specification. */
export function verifies(id: TestedRequirementId, title: string, run: () => Promise<void> | void): void {
  it(`${id} ${title}`, run);
}
