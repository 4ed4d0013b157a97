import type { Html } from './html.ts';
import { html } from './html.ts';

const FIELD = 'confirm';
const TICKED = 'yes';

/** What a page says when its form came without the tick. */
export const UNCONFIRMED = 'Nothing was done yet: tick the box first if you want it.';

/**
 * The box without which a form gives or ends nothing. It comes empty, also after a reload, and stands apart from the
 * buttons: clicks and keys that were meant for another window cannot tick it and then press a button.
 */
export function confirmBox(label: Html | string): Html {
  return html`<label class="confirm"
    ><input type="checkbox" name="${FIELD}" value="${TICKED}" required autocomplete="off" />
    <span>${label}</span></label
  >`;
}

/** Whether a form came with the box ticked; nothing else in the form is looked at. */
export function isConfirmed(form: Readonly<Record<string, unknown>>): boolean {
  return form[FIELD] === TICKED;
}
