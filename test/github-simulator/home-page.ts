import { escapeHtml, page } from './html.ts';
import type { SimulatorState } from './state.ts';

/** `/`: says what this is, before someone takes it for more. */
export function homePage(webBase: string, state: SimulatorState): string {
  const item = (text: string): string => `<li><code>${escapeHtml(text)}</code></li>`;
  return page(
    'GitHub simulator',
    `<p>A stand-in for GitHub's sign-in and API, used by tests and by the demo. It runs on this machine only,
keeps nothing but its tokens, and those beyond its end only when it was started with a state file. None of its tokens open anything at the real GitHub.</p>
<p>Sign-in starts at <code>${escapeHtml(webBase)}/login/oauth/authorize</code>.</p>
<h2>Accounts</h2><ul>${[...state.users.values()].map((user) => item(user.login)).join('')}</ul>
<h2>Apps</h2><ul>${[...state.apps.values()].map((app) => item(`${app.clientId} · ${app.name}`)).join('')}</ul>`,
  );
}
