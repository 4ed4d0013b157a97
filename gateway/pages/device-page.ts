import { confirmBox, UNCONFIRMED } from './confirm-box.ts';
import { html } from './html.ts';
import { page } from './page.ts';

/** Why the code that was entered cannot be used; a closed list, nothing entered is echoed but into its field. */
export type DeviceCodeFault =
  'missing' | 'unknown' | 'expired' | 'used' | 'cancelled' | 'unconfirmed' | 'failed';

const FAULTS: Readonly<Record<DeviceCodeFault, string>> = {
  missing: 'Enter the code that your device shows.',
  unknown: 'No device shows this code. Check it and try again.',
  expired: 'This code has expired. Start again on the device, which will show a new one.',
  used: 'This code was used already. Start again on the device, which will show a new one.',
  cancelled: 'You cancelled. Nothing was allowed; the device has been told.',
  unconfirmed: UNCONFIRMED,
  failed: 'The sign-in could not be completed. Start again on the device.',
};

export interface DevicePage {
  readonly action: string;
  readonly csrfToken: string;
  /** What to show in the field: from the link the person followed, or what they entered. */
  readonly userCode: string | undefined;
  readonly fault: DeviceCodeFault | undefined;
}

/** Where a person enters the code of a device (RFC 8628 §3.3). */
export function devicePage(model: DevicePage): string {
  const fault =
    model.fault === undefined ? undefined : html`<p class="note" role="alert">${FAULTS[model.fault]}</p>`;
  return page(
    'Connect a device',
    html`<h1>Connect a device</h1>
      ${fault}
      <form method="post" action="${model.action}">
        <input type="hidden" name="xsrf" value="${model.csrfToken}" />
        <p>
          <label for="user-code">Code shown on the device</label>
          <input
            class="code"
            id="user-code"
            name="user_code"
            value="${model.userCode ?? ''}"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck="false"
            maxlength="20"
            required
          />
        </p>
        ${confirmBox('I started this myself a moment ago, on a device in front of me')}
        <p class="soft">Never enter a code that somebody sent you: it would give them access as you.</p>
        <div class="actions"><button class="go">Continue</button></div>
      </form>`,
  );
}
