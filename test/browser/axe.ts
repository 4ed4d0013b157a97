import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/** Runs in the page, as its own world would: through the debugger, because the policy of our pages allows no script. */
const RUN = `axe.run(document, { resultTypes: ['violations', 'incomplete'], rules: { 'target-size': { enabled: true } } })`;

/**
 * What axe-core finds wrong with the page that a tab shows, and what it could not decide: one line for each rule and
 * element. Best practices count too, and the size of targets (WCAG 2.2), which axe-core leaves out by itself.
 */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations, incomplete } = await page.evaluate<AxeResults>(RUN);
  return [...violations, ...incomplete].flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}
