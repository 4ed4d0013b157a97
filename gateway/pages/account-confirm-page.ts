import type { AccountFormModel } from './account-page.ts';
import { claimedName } from './claimed-name.ts';
import { confirmBox, UNCONFIRMED } from './confirm-box.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { page } from './page.ts';

/** What a person is about to end. Names are as claimed. */
export interface ConfirmationModel {
  readonly login: string;
  readonly githubHost: string;
  readonly form: AccountFormModel;
  /** How many grants would end. */
  readonly grants: number;
  readonly applications: readonly string[];
  readonly back: string;
  /** The form came without its box ticked. */
  readonly isUnconfirmed: boolean;
}

export function confirmRevokeAllPage(model: ConfirmationModel): string {
  return confirmation(model, {
    title: 'Revoke all access?',
    consequence: html`<p>Each of them has to ask you again before it can use GitHub as you.</p>`,
    box: 'I want to end all of it',
    button: 'Revoke all',
  });
}

export function confirmDisconnectPage(model: ConfirmationModel): string {
  return confirmation(model, {
    title: 'Disconnect GitHub?',
    consequence: html`<p>
      After that ${model.githubHost} is asked to forget that you authorized this gateway. If it does not
      answer, it is asked again later: what ends here ends now in any case.
    </p>`,
    box: 'I want to disconnect GitHub',
    button: 'Disconnect GitHub',
  });
}

interface Question {
  readonly title: string;
  readonly consequence: Html;
  readonly box: string;
  readonly button: string;
}

function confirmation(model: ConfirmationModel, { title, consequence, box, button }: Question): string {
  return page(
    title,
    html`<h1>${title}</h1>
      ${model.isUnconfirmed ? html`<p class="note" role="alert">${UNCONFIRMED}</p>` : undefined}
      <p>For <strong>${model.login}</strong> at ${model.githubHost}.</p>
      ${whatEnds(model)}
      <form method="post" action="${model.form.action}">
        <input type="hidden" name="csrf" value="${model.form.csrfToken}" />
        ${confirmBox(box)} ${consequence}
        <div class="actions">
          <button class="stop">${button}</button>
          <a class="button" href="${model.back}">Keep as it is</a>
        </div>
      </form>`,
  );
}

function whatEnds({ grants, applications }: ConfirmationModel) {
  if (grants === 0) return html`<p>No application may use GitHub as you at the moment.</p>`;
  return html`<p>${grants === 1 ? 'One access ends' : html`${grants} accesses end`}, at once:</p>
    <ul>
      ${applications.map((name) => html`<li>${claimedName(name)}</li>`)}
    </ul>`;
}
