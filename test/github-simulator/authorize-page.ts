import type { AuthorizeRequest } from './authorize-request.ts';
import { escapeHtml, page } from './html.ts';
import type { SimulatedUser } from './state.ts';

/** The sign-in and consent page: one button per account, one box per scope, and Deny. */
export function authorizePage(
  request: AuthorizeRequest & { readonly again?: boolean },
  users: readonly SimulatedUser[],
  query: URLSearchParams,
): string {
  const title = request.selectsAccount ? 'Select an account' : 'Sign in and authorize';
  return page(
    title,
    `${request.again === true ? '<p role="alert">This app asked for many tokens within the hour. Authorize it again to go on.</p>' : ''}
<p><strong>${escapeHtml(request.app.name)}</strong> wants to use a simulated GitHub account. The answer goes to <code>${escapeHtml(request.target)}</code>.</p>
<form method="post" action="/login/oauth/authorize">
${hiddenFields(query)}
${scopeBoxes(request)}
<p>Continue as</p>
${accountButtons(users, request.loginHint)}
<p><button name="decision" value="deny">Deny</button></p>
</form>`,
  );
}

function hiddenFields(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('\n');
}

/** One box per scope asked for, checked. */
export function scopeBoxes({ app, scopes }: Pick<AuthorizeRequest, 'app' | 'scopes'>): string {
  if (app.kind === 'github-app') return '<p>A GitHub App has permissions instead of scopes.</p>';
  if (scopes === undefined) return '<p>No scope asked for: everything granted to this app before.</p>';
  const boxes = scopes
    .map((scope) => escapeHtml(scope))
    .map(
      (scope) =>
        `<label><input type="checkbox" name="granted_scope" value="${scope}" checked> ${scope}</label><br>`,
    );
  return `<fieldset><legend>Scopes to grant</legend>${boxes.join('\n') || 'None asked for.'}</fieldset>`;
}

/** One button per account, the suggested one first. */
export function accountButtons(users: readonly SimulatedUser[], hint?: string): string {
  const isHinted = (user: SimulatedUser): boolean => user.login.toLowerCase() === hint?.toLowerCase();
  // The suggested account comes first, so that it is also what the Enter key chooses.
  return [...users]
    .sort((left, right) => Number(isHinted(right)) - Number(isHinted(left)))
    .map((user) => {
      const login = escapeHtml(user.login);
      const mark = isHinted(user) ? ' class="hinted" autofocus' : '';
      return `<button name="user_login" value="${login}"${mark}>${login}</button>`;
    })
    .join('\n');
}
