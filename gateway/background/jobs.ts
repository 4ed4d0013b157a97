import type { Clock } from '../../shared/clock.ts';
import { keys } from '../../shared/store/index.ts';
import type { AuthorizationServer } from '../authorization-server/index.ts';
import { createRetiredRemoval } from '../grants/index.ts';
import type { Everybody, People } from '../standing/index.ts';
import type { PeriodicJob } from './background.ts';
import type { SweepJob } from './sweeper.ts';

/** How often a gateway reads the signing keys that others may have changed; far below the time one is published ahead. */
const KEYS_READ_EVERY_MS = 15_000;

/** Every job of a gateway: what each does for itself, and what one at a time does for all. */
export function gatewayJobs({
  everybody,
  authorizationServer,
  clock,
}: {
  readonly everybody: Everybody;
  readonly authorizationServer: AuthorizationServer;
  readonly clock: Clock;
}): { readonly own: readonly PeriodicJob[]; readonly shared: readonly SweepJob[] } {
  const { signingKeys, sweepSignIns } = authorizationServer;
  return {
    own: [{ name: 'keeping the signing keys', everyMs: KEYS_READ_EVERY_MS, run: signingKeys.keep }],
    shared: [
      ...everybody.all.flatMap((people) => jobsOf(people, clock)),
      { name: 'letting go of unfinished sign-ins', due: keys.arrivalsDue(), run: sweepSignIns },
    ],
  };
}

/** What is due with one GitHub and its people. */
function jobsOf({ github, credentials, grants, standing }: People, clock: Clock): readonly SweepJob[] {
  const { key } = github.host;
  const remove = createRetiredRemoval({ grants, oauth: github.oauth, clock });
  return [
    {
      name: 'deleting tokens at GitHub',
      due: keys.retirementsDue(key),
      run: async () => await credentials.retirements.sweep(remove),
    },
    { name: 'ending grants', due: keys.grantsDue(key), run: grants.sweep },
    {
      name: 'following up refused tokens',
      due: keys.refusedCredentials(key),
      run: standing.followUpRefusals,
    },
  ];
}
