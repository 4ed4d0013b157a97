import type { Html } from './html.ts';
import { html } from './html.ts';

/** What the account page says after something was done. An address can name one of these and say nothing else. */
const NOTICES = {
  revoked: 'Ended. The application has to ask you again.',
  already_ended: 'That had ended already.',
  all_revoked: 'Everything is ended. Each application has to ask you again.',
  disconnected: 'Everything is ended here, and GitHub has forgotten that you authorized this gateway.',
  disconnected_later:
    'Everything is ended here. GitHub could not do its part yet, so it still lists this gateway as authorized; it is asked again until it has forgotten it.',
  disconnected_here:
    'Everything is ended here. We hold nothing with which GitHub could be asked to forget that you authorized this gateway: you can remove it there yourself.',
  signed_out: 'You are signed out of this page. Connected applications stay connected.',
} as const;

export type AccountNotice = keyof typeof NOTICES;

export function isAccountNotice(name: string): name is AccountNotice {
  return Object.hasOwn(NOTICES, name);
}

/** The notice as part of a page; `githubSettings` is where a person goes to finish by hand. */
export function noticeLine(
  notice: AccountNotice | undefined,
  githubSettings: string | undefined,
): Html | undefined {
  if (notice === undefined) return undefined;
  const isUnfinished = notice === 'disconnected_later' || notice === 'disconnected_here';
  const link =
    isUnfinished && githubSettings !== undefined
      ? html` <a href="${githubSettings}">Your authorized apps at GitHub</a>`
      : undefined;
  return html`<p class="${isUnfinished ? 'note' : 'done'}" role="status">${NOTICES[notice]}${link}</p>`;
}
