import { html } from './html.ts';
import { page } from './page.ts';

/** An error that the person takes back to the application, or not. */
export interface ReturnPage {
  /** The error's protocol code (RFC 6749 §4.1.2.1): one of a closed list. */
  readonly error: string;
  /** Exactly where the application wants its answers. */
  readonly target: string;
  /** The target with the error, state and issuer. */
  readonly back: string;
  readonly requestId: string | undefined;
}

const TITLE = 'This sign-in could not start';

/**
 * Says that a request cannot go on, before anybody has decided. Nothing follows by itself: whoever made the link chose
 * the target, and the person sees it first.
 */
export function returnPage({ error, target, back, requestId }: ReturnPage): string {
  return page(
    TITLE,
    html`<h1>${TITLE}</h1>
      <p>The application sent a request that is not possible here. Nothing was allowed.</p>
      <dl>
        <div>
          <dt>Error</dt>
          <dd><code>${error}</code></dd>
        </div>
        <div>
          <dt>It wants you at</dt>
          <dd>
            <code><bdi>${target}</bdi></code>
          </dd>
        </div>
      </dl>
      <p class="note">
        Nobody has verified this address. Go there only if you started this yourself a moment ago: anybody can
        make such a link. Else close this page.
      </p>
      <div class="actions">
        <a class="button" href="${back}" rel="noreferrer">Return to the application</a>
      </div>
      ${requestId === undefined ? undefined : html`<p class="soft">Reference: <code>${requestId}</code></p>`}`,
  );
}
