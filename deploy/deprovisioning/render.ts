import { gatewayConfigFields } from '../../gateway/config/index.ts';
import type { Bound } from './rows.ts';
import { boundSeconds, CONNECTIONS, DEPROVISIONING_ROWS } from './rows.ts';

/** The text of deploy/deprovisioning.md. */
export function deprovisioningTable(): string {
  const head = ['Event', ...CONNECTIONS];
  const body = DEPROVISIONING_ROWS.map(({ event, bounds }) => [
    event,
    ...CONNECTIONS.map((connection) => SHORT[bounds[connection]]()),
  ]);
  return `${INTRODUCTION}\n${table([head, ...body])}\n${NOTES}`;
}

const defaults = {
  accessTokenTtlSeconds: Number(
    gatewayConfigFields.accessTokenTtlSeconds.documentedDefault.replaceAll('`', ''),
  ),
  membershipMaxAgeSeconds: Number(
    gatewayConfigFields.membershipMaxAgeSeconds.documentedDefault.replaceAll('`', ''),
  ),
};

const minutes = (bound: Bound) => {
  const seconds = boundSeconds(bound, defaults);
  const rest = seconds % 60;
  return `${String(Math.floor(seconds / 60))} min${rest === 0 ? '' : ` ${String(rest)} s`}`;
};

const SHORT: Readonly<Record<Bound, () => string>> = {
  feed: () => 'about 100 ms',
  refresh: () => minutes('refresh'),
  outage: () => minutes('outage'),
  last_token: () => minutes('last_token'),
};

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  const [head = [], ...body] = rows;
  return line(head) + rule + body.map(line).join('');
}

const INTRODUCTION = `# When access ends

The longest time from an event until every call of the person is refused by every gateway and worker, with the default
settings. Each row is a test (\`test/integration/gateway/deprovisioning.test.ts\`); this page is written from the same
rows by \`npm run docs\`.
`;

const NOTES = `- **about 100 ms**: one entry of the revocation feed. A lost entry is noticed within a second; what happens when the feed
  or the store is away is in \`shared/revocation/README.md\`.
- **${minutes('refresh')}** = \`MEMBERSHIP_MAX_AGE\` (the last answer of GitHub's that a refresh may rely on) + \`ACCESS_TOKEN_TTL\`
  (the last token issued on it) + 30 s clock leeway. Shorten the first two to shorten it.
- **${minutes('outage')}** = 60 min for which an old answer counts while GitHub cannot be asked + \`ACCESS_TOKEN_TTL\` + 30 s;
  **${minutes('last_token')}** without the 60 min, because after a webhook no old answer counts. From then on refreshes are answered 503
  until GitHub answers; tools that need GitHub fail the whole time.
- Sooner, with a client that calls a tool: GitHub itself refuses the tokens of a removed app and of a suspended person at
  once, so tools that need GitHub stop with the event. The first such call makes a gateway ask GitHub within 5 s: about the
  token, and a dead one ends every grant on it; with a good one about the account, and a suspended one ends every grant of
  the person (\`test/integration/gateway/refused-credential.test.ts\`). The table has the client that calls none.
- With webhooks the time counts from GitHub's delivery. GitHub sends \`github_app_authorization\` to GitHub Apps by itself;
  subscribe the app to \`organization\` and \`membership\`. A webhook of the organization with the same URL and secret brings
  the last two for an OAuth App as well. GitHub does not repeat a delivery that failed: redeliver it, or the time without
  webhooks holds. Nothing tells of a suspension or of a second factor; an organization that requires one removes the person.
- An uninstalled or suspended installation takes away what memberships are read with: the person who did it is asked
  about at once, everybody else at the next refresh.
`;
