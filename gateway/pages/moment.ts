import type { Html } from './html.ts';
import { html } from './html.ts';

/** From the largest unit that is said to the smallest (ms). */
const UNITS = [
  ['day', 24 * 60 * 60_000],
  ['hour', 60 * 60_000],
  ['minute', 60_000],
] as const;

const FORMAT = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

/** A time as a date that machines can read too, and roughly how far away it is. `at` and `now` in ms. */
export function moment(at: number, now: number): Html {
  const iso = new Date(at).toISOString();
  const shown = `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
  return html`<time datetime="${iso.slice(0, 19)}Z">${shown}</time>
    <span class="soft">(${roughly(at, now)})</span>`;
}

/** How far `at` is from `now`, in the largest unit that fits: "3 days ago", "in 2 hours", "just now". */
export function roughly(at: number, now: number): string {
  const away = at - now;
  const fitting = UNITS.find(([, length]) => Math.abs(away) >= length);
  if (fitting === undefined) return away > 0 ? 'in a moment' : 'just now';
  const [unit, length] = fitting;
  return FORMAT.format(Math.round(away / length), unit);
}
