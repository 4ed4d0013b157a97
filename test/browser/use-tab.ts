import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Place } from './place.ts';

export interface Tab {
  readonly place: Place;
  readonly context: BrowserContext;
  readonly page: Page;
}

/** One place for the tests of a suite, and before each of them a new browser profile with one tab. */
export function useTab(start: () => Promise<Place>, open: (tab: Tab) => void): void {
  let place: Place;
  let context: BrowserContext;
  beforeAll(async () => {
    place = await start();
  });
  afterAll(async () => {
    await place.close();
  });
  beforeEach(async () => {
    context = await place.chromium.newContext();
    context.setDefaultTimeout(15_000);
    open({ place, context, page: await context.newPage() });
  });
  afterEach(async () => {
    await context.close();
  });
}
