import type { ToolVisit } from './tool-visit.ts';
import { DEMO_TOOL } from './tool-visit.ts';

export interface WelcomeFacts {
  readonly mcpUrl: string;
  readonly githubUrl: string;
  /** Folder of the children's logs. */
  readonly logs: string;
  /** The sign-in the demo did by itself. */
  readonly visit: ToolVisit;
}

/** What a person sees once everything runs. */
export function welcome({ mcpUrl, githubUrl, logs, visit }: WelcomeFacts): string {
  return `
The demo signed in as ${visit.answer.login} and called ${DEMO_TOOL}:

${indent(JSON.stringify(visit.answer, undefined, 2))}

Connect a client
  Claude Code    claude mcp add --transport http octocode ${mcpUrl}
  any other      ${mcpUrl}

Next
  1. Add the line above to a client. It opens a page of the gateway in your browser: press Continue,
     then choose a simulated account on the page of the simulated GitHub (${githubUrl}).
  2. Ask the client who you are on GitHub; it calls ${DEMO_TOOL}.
  3. For real accounts, create a GitHub OAuth app, set GITHUB_OAUTH_CLIENT_ID and
     GITHUB_OAUTH_CLIENT_SECRET, and run: npm start

Logs are in ${logs}. Ctrl-C stops everything; --reset forgets what is stored. The simulated GitHub forgets
its tokens when it stops: after a restart, clients of other accounts than ${visit.answer.login} sign in again.
`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
