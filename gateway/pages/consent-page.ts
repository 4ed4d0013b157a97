import { confirmBox, UNCONFIRMED } from './confirm-box.ts';
import { claimedName } from './claimed-name.ts';
import { html } from './html.ts';
import { page } from './page.ts';

/** A scope as the consent page explains it. */
export interface ScopeLine {
  readonly name: string;
  readonly meaning: string;
}

/** What the person decides on. Everything a client sent is shown as claimed, never alone as identity. */
export interface ConsentModel {
  readonly action: string;
  readonly csrfToken: string;
  readonly client: {
    readonly name: string | undefined;
    readonly id: string;
    /** Where the client's description is, if it has one. On a shared host that says nothing of who wrote it. */
    readonly hostedAt: { readonly host: string; readonly path: string } | undefined;
  };
  /** Where the answer goes: a host, a program's scheme, or the device that shows a code. */
  readonly redirect: {
    readonly target: string;
    readonly kind: 'web' | 'loopback' | 'custom-scheme' | 'device';
  };
  readonly resource: string;
  readonly githubHost: string;
  readonly requested: readonly ScopeLine[];
  readonly offered: readonly ScopeLine[];
  /** The signed-in GitHub login, if this browser has a session. */
  readonly account: string | undefined;
  /** Set when GitHub returned another account than the page had shown. */
  readonly accountChangedFrom: string | undefined;
  /** The form came without its box ticked. */
  readonly isUnconfirmed?: boolean;
}

export function consentPage(model: ConsentModel): string {
  return page(
    'Allow access?',
    html`<h1>Allow this application to use GitHub as you?</h1>
      ${origin(model)} ${accountChange(model)}
      ${model.isUnconfirmed === true ? html`<p class="note" role="alert">${UNCONFIRMED}</p>` : undefined}
      <dl>
        <div>
          <dt>It calls itself</dt>
          <dd>${claimedName(model.client.name)}</dd>
        </div>
        <div>
          <dt>${model.redirect.kind === 'device' ? 'Connects the device showing' : 'Sends you to'}</dt>
          <dd>
            <bdi><strong>${model.redirect.target}</strong></bdi>
          </dd>
        </div>
        <div>
          <dt>Application id</dt>
          <dd><code>${model.client.id}</code></dd>
        </div>
        <div>
          <dt>For</dt>
          <dd><code>${model.resource}</code></dd>
        </div>
        <div>
          <dt>GitHub account</dt>
          <dd>${model.account ?? `whoever is signed in at ${model.githubHost}`}</dd>
        </div>
        <div>
          <dt>It can</dt>
          <dd>${scopeList(model.requested)}</dd>
        </div>
      </dl>
      ${redirectWarning(model)}
      <form method="post" action="${model.action}">
        <input type="hidden" name="csrf" value="${model.csrfToken}" />
        ${offers(model.offered)} ${confirmBox(startedByMe(model))}
        <p class="soft">Cancel if a page, a message or another person brought you here.</p>
        <div class="actions">
          <button class="go" name="decision" value="allow">
            ${model.accountChangedFrom === undefined ? 'Continue' : 'Continue with this account'}
          </button>
          ${model.account === undefined ? undefined : html`<button name="decision" value="other-account">Use another account</button>`}
          <button name="decision" value="deny" formnovalidate>Cancel</button>
        </div>
      </form>`,
  );
}

function startedByMe({ redirect }: ConsentModel) {
  if (redirect.kind !== 'device') return 'I started this myself a moment ago';
  return html`I started this myself on a device in front of me, which shows
    <strong>${redirect.target}</strong>`;
}

function origin(model: ConsentModel) {
  const { hostedAt } = model.client;
  if (hostedAt === undefined) {
    return html`<p class="soft">The name is what the application calls itself. Nobody has verified it.</p>`;
  }
  const { host, path } = hostedAt;
  const isElsewhere = model.redirect.kind === 'web' && model.redirect.target !== host;
  return html`<p class="soft">
      The name is what the application calls itself. Nobody has verified it. Its description is hosted at
      <bdi><strong>${host}</strong>${path}</bdi>: whoever may write there wrote it.
    </p>
    ${isElsewhere ? html`<p class="note">The answer goes to <bdi>${model.redirect.target}</bdi>, which is not <bdi>${host}</bdi>.</p>` : undefined}`;
}

function accountChange(model: ConsentModel) {
  if (model.accountChangedFrom === undefined) return undefined;
  return html`<p class="note">
    You signed in at GitHub as <strong>${model.account}</strong>, not as
    <strong>${model.accountChangedFrom}</strong> as this page said before. Please decide again.
  </p>`;
}

/** What scopes allow, in words. */
export function scopeList(scopes: readonly ScopeLine[]) {
  if (scopes.length === 0)
    return html`do what the GitHub App is permitted to, in the repositories it is installed on`;
  return html`<ul>
    ${scopes.map((scope) => html`<li>${scope.meaning} <code>${scope.name}</code></li>`)}
  </ul>`;
}

function offers(offered: readonly ScopeLine[]) {
  if (offered.length === 0) return undefined;
  return html`<fieldset>
    <legend>Also allow (your choice)</legend>
    ${offered.map(
      (scope) =>
        html`<label
          ><input type="checkbox" name="scope" value="${scope.name}" />
          <span>${scope.meaning} <code>${scope.name}</code></span></label
        >`,
    )}
  </fieldset>`;
}

function redirectWarning(model: ConsentModel) {
  if (model.redirect.kind === 'web') return undefined;
  if (model.redirect.kind === 'device') {
    return html`<p class="note">
      Continue only if a device in front of you shows <strong>${model.redirect.target}</strong> and you
      started this on it yourself. A code that somebody sent you would give them access as you.
    </p>`;
  }
  return html`<p class="note">
    The answer goes to a program on this computer. Any local program can claim to be this one: continue only
    if you just started it.
  </p>`;
}
