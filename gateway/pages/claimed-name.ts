import type { Html } from './html.ts';
import { html, INVISIBLE } from './html.ts';

const NAMELESS = 'An application without a usable name';
const LONGEST = 128;
/** An apostrophe within a word stays. */
const QUOTATION = /(?<![\p{L}\p{N}])['’]|['’](?![\p{L}\p{N}])|(?!['’])\p{Quotation_Mark}/gu;

/**
 * What an application calls itself, in a box of its own: never part of a sentence of ours, where it could go on in our
 * voice or end a quotation. Look-alike forms become plain letters (NFKC), what shows nothing and quotation marks go; a
 * name without a letter or digit is none.
 */
export function claimedName(name: string | undefined): Html {
  return html`<bdi class="claimed">${cleaned(name)}</bdi>`;
}

function cleaned(name: string | undefined): string {
  const text = (name ?? '')
    .normalize('NFKC')
    .replace(/\s+/gu, ' ')
    .replace(INVISIBLE, '')
    .replace(QUOTATION, '')
    .trim();
  if (!/[\p{L}\p{N}]/u.test(text)) return NAMELESS;
  const characters = Array.from(text);
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST).join('')}…` : text;
}
