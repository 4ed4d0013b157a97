import { accountButtons, scopeBoxes } from './authorize-page.ts';
import { escapeHtml, page } from './html.ts';
import type { DeviceCode, SimulatedApp, SimulatedUser } from './state.ts';

/** Where the user types the code the device shows. */
export function deviceEntryPage(problem?: string): string {
  return page(
    'Device activation',
    `${problem === undefined ? '' : `<p role="alert">${escapeHtml(problem)}</p>`}
<form method="post" action="/login/device">
<p><label>Code shown on the device <input name="user_code" required autofocus autocomplete="off" placeholder="WDJB-MJHT"></label></p>
<p><button>Continue</button></p>
</form>`,
  );
}

/** The consent for a typed code: one button per account, one box per scope, and Deny. */
export function deviceConsentPage(
  code: DeviceCode,
  app: SimulatedApp,
  users: readonly SimulatedUser[],
): string {
  return page(
    'Authorize a device',
    `<p><strong>${escapeHtml(app.name)}</strong> wants to use a simulated GitHub account on the device that shows <code>${escapeHtml(code.userCode)}</code>. Continue only if you started this yourself.</p>
<form method="post" action="/login/device">
<input type="hidden" name="user_code" value="${escapeHtml(code.userCode)}">
${scopeBoxes({ app, scopes: code.scopes })}
<p>Continue as</p>
${accountButtons(users)}
<p><button name="decision" value="deny">Deny</button></p>
</form>`,
  );
}
