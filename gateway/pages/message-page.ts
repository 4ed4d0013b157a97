import { html } from './html.ts';
import { page } from './page.ts';

/** A page that says what happened and what the person can do next; never echoes what was sent to us. */
export interface Message {
  readonly title: string;
  readonly explanation: string;
  readonly next: string;
  /** Where the person can go from here: a page of ours. */
  readonly link?: { readonly href: string; readonly label: string } | undefined;
  /** Lets an operator find the request in the log. */
  readonly requestId?: string | undefined;
  /** Whom to ask: an https or mailto URL, or a sentence. */
  readonly support?: string | undefined;
}

export function messagePage(message: Message): string {
  return page(
    message.title,
    html`<h1>${message.title}</h1>
      <p>${message.explanation}</p>
      <p>
        ${message.next}
        ${message.link === undefined ? undefined : html`<a href="${message.link.href}">${message.link.label}</a>`}
      </p>
      ${message.support === undefined ? undefined : html`<p>Help: ${contact(message.support)}</p>`}
      ${message.requestId === undefined ? undefined : html`<p class="soft">Reference: <code>${message.requestId}</code></p>`}`,
  );
}

function contact(support: string) {
  if (!/^(?:https:\/\/|mailto:)/.test(support)) return support;
  return html`<a href="${support}">${support.replace(/^mailto:/, '')}</a>`;
}
