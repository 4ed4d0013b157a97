import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { accessibilityFaults } from './axe.ts';

/** Where pictures of every page are put, for people to look at; each run replaces those of the last. */
const PICTURES = join(tmpdir(), 'gateway-pages');

/** How people see our pages. */
export const LOOKS = [
  { on: 'a phone', by: 'day', viewport: { width: 360, height: 740 }, colorScheme: 'light' },
  { on: 'a phone', by: 'night', viewport: { width: 360, height: 740 }, colorScheme: 'dark' },
  { on: 'a desktop', by: 'day', viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  { on: 'a desktop', by: 'night', viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
] as const;

export type Look = (typeof LOOKS)[number];

/** Shows a tab's pages from now on as they are seen that way. */
export async function wear(page: Page, { viewport, colorScheme }: Look): Promise<void> {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme });
}

/** Proves that the page a tab shows can be used by everybody and fits, and takes a picture of it. */
export async function expectGoodLook(page: Page, name: string, { on, by }: Look): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  const file = `${name}, ${on}, ${by}.png`.replaceAll(' ', '-').replaceAll(',', '');
  await page.screenshot({ path: join(PICTURES, file), fullPage: true });
  expect(await accessibilityFaults(page), name).toEqual([]);
  const [content, window] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  );
  expect(content, `${name} is wider than ${on}`).toBeLessThanOrEqual(window);
}
