import type { AccountNotice } from './account-notice.ts';
import { noticeLine } from './account-notice.ts';
import { claimedName } from './claimed-name.ts';
import type { ScopeLine } from './consent-page.ts';
import { scopeList } from './consent-page.ts';
import { html } from './html.ts';
import { moment } from './moment.ts';
import { page } from './page.ts';

/** Where a form goes and the token that binds it to its session and action. */
export interface AccountFormModel {
  readonly action: string;
  readonly csrfToken: string;
}

/** What one client may do by its live grants. Names are as claimed. */
export interface ConnectedApplication {
  readonly id: string;
  readonly name: string | undefined;
  readonly grants: readonly ConnectedGrant[];
}

/** Times in ms. */
export interface ConnectedGrant {
  readonly scopes: readonly ScopeLine[];
  readonly resource: string;
  readonly createdAt: number;
  readonly usedAt: number | null;
  readonly endsAt: number;
  /** When a refresh was answered once more, because its first answer had not arrived. */
  readonly answeredLateAt: readonly number[];
  /** Whether using it puts the end off. */
  readonly isExtendable: boolean;
  readonly revoke: AccountFormModel & { readonly grantId: string };
}

/** Times in ms. */
export interface EndedGrant {
  readonly id: string;
  readonly name: string | undefined;
  readonly createdAt: number;
  readonly usedAt: number | null;
  readonly endedAt: number;
  readonly reason: string;
}

export interface AccountModel {
  readonly login: string;
  readonly githubHost: string;
  /** Where the person removes the app at GitHub by hand. */
  readonly githubSettings: string;
  readonly notice: AccountNotice | undefined;
  readonly now: number;
  readonly applications: readonly ConnectedApplication[];
  /** The latest first. */
  readonly past: readonly EndedGrant[];
  readonly pastNotShown: number;
  readonly signOut: AccountFormModel;
  readonly revokeAllPath: string;
  readonly disconnectPath: string;
}

const TITLE = 'Your connected applications';

/** What may act in a person's name, and what no longer may and why. */
export function accountPage(model: AccountModel): string {
  return page(
    TITLE,
    html`<h1>${TITLE}</h1>
      ${noticeLine(model.notice, model.githubSettings)}
      <form method="post" action="${model.signOut.action}" class="row">
        <input type="hidden" name="csrf" value="${model.signOut.csrfToken}" />
        <span>Signed in as <strong>${model.login}</strong> at ${model.githubHost}</span>
        <button>Sign out</button>
      </form>
      ${connected(model)} ${disconnect(model)} ${timeLine(model)}`,
  );
}

/** What the page is, for somebody who is not signed in at it. */
export function accountSignInPage(model: {
  action: string;
  githubHost: string;
  notice: AccountNotice | undefined;
}): string {
  return page(
    TITLE,
    html`<h1>${TITLE}</h1>
      ${noticeLine(model.notice, undefined)}
      <p>
        Here you see which applications may use GitHub as you through this gateway, what each of them can do,
        and you can end it.
      </p>
      <p>
        Sign in at ${model.githubHost} to show who you are. The token that GitHub gives us for this is deleted
        at once.
      </p>
      <form method="post" action="${model.action}">
        <div class="actions">
          <button class="go">Sign in with GitHub</button>
          <button name="account" value="other">Use another account</button>
        </div>
      </form>`,
  );
}

function connected(model: AccountModel) {
  if (model.applications.length === 0) {
    return html`<h2>Connected now</h2>
      <p>No application may use GitHub as you.</p>`;
  }
  return html`<h2>Connected now</h2>
    <p class="soft">The names are what the applications call themselves. Nobody has verified them.</p>
    ${model.applications.map((application, index) => connectedApplication(model, application, index))}
    <p><a class="button" href="${model.revokeAllPath}">Revoke all …</a></p>`;
}

function connectedApplication(model: AccountModel, application: ConnectedApplication, index: number) {
  const heading = `application-${String(index)}`;
  return html`<section class="item" aria-labelledby="${heading}">
    <h3 id="${heading}">${claimedName(application.name)}</h3>
    <p class="soft">Application id <code>${application.id}</code></p>
    ${application.grants.map((grant, place) => connectedGrant(model, grant, `${heading} ${heading}-${String(place)}`))}
  </section>`;
}

/** `labels`: the ids of what tells its button from the others, the last of them being its own. */
function connectedGrant({ now }: AccountModel, grant: ConnectedGrant, labels: string) {
  return html`<dl>
      <div>
        <dt>It can</dt>
        <dd>${scopeList(grant.scopes)}</dd>
      </div>
      <div>
        <dt>For</dt>
        <dd><code>${grant.resource}</code></dd>
      </div>
      <div>
        <dt>Since</dt>
        <dd id="${labels.split(' ').at(-1)}">${moment(grant.createdAt, now)}</dd>
      </div>
      <div>
        <dt>Last used</dt>
        <dd>${grant.usedAt === null ? 'not yet' : moment(grant.usedAt, now)}</dd>
      </div>
      <div>
        <dt>${grant.isExtendable ? 'Ends unless used' : 'Ends'}</dt>
        <dd>${moment(grant.endsAt, now)}</dd>
      </div>
      ${grant.answeredLateAt.map(
        (at) =>
          html`<div>
            <dt>Renewed again</dt>
            <dd>${moment(at, now)}, as the first answer had not arrived</dd>
          </div>`,
      )}
    </dl>
    <form method="post" action="${grant.revoke.action}">
      <input type="hidden" name="csrf" value="${grant.revoke.csrfToken}" />
      <input type="hidden" name="grant" value="${grant.revoke.grantId}" />
      <button class="stop" aria-describedby="${labels}">Revoke</button>
    </form>`;
}

function disconnect(model: AccountModel) {
  return html`<h2>GitHub itself</h2>
    <p>
      ${model.githubHost} remembers that you authorized this gateway. Disconnecting ends everything above and
      makes GitHub forget it.
    </p>
    <p><a class="button" href="${model.disconnectPath}">Disconnect GitHub …</a></p>`;
}

function timeLine(model: AccountModel) {
  if (model.past.length === 0) {
    return html`<h2>Ended in the last 30 days</h2>
      <p>Nothing.</p>`;
  }
  return html`<h2>Ended in the last 30 days</h2>
    <ol class="line">
      ${model.past.map((ended) => endedItem(ended, model.now))}
    </ol>
    ${model.pastNotShown === 0 ? undefined : html`<p class="soft">${model.pastNotShown} older ones are not shown.</p>`}`;
}

function endedItem(ended: EndedGrant, now: number) {
  const used = ended.usedAt === null ? 'never used' : html`last used ${moment(ended.usedAt, now)}`;
  return html`<li>
    <h3>${claimedName(ended.name)}</h3>
    <p>Ended ${moment(ended.endedAt, now)}: <strong>${ended.reason}</strong></p>
    <p class="soft">Allowed ${moment(ended.createdAt, now)}, ${used}</p>
    <p class="soft">Application id <code>${ended.id}</code></p>
  </li>`;
}
