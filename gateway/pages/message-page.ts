import { html } from './html.ts';
import { page } from './page.ts';

/** A page that says what happened and what the person can do next; never echoes what was sent to us. */
export interface Message {
  readonly title: string;
  readonly explanation: string;
  readonly next: string;
  /** Lets an operator find the request in the log. */
  readonly requestId?: string | undefined;
}

export function messagePage(message: Message): string {
  return page(
    message.title,
    html`<h1>${message.title}</h1>
      <p>${message.explanation}</p>
      <p>${message.next}</p>
      ${message.requestId === undefined ? undefined : html`<p class="soft">Reference: <code>${message.requestId}</code></p>`}`,
  );
}
