import type { Clock } from '../../shared/clock.ts';
import type { GitHubOAuthClient } from '../../shared/github/index.ts';
import { RecordRefusedError } from '../../shared/store/index.ts';
import type { CredentialReader } from '../../shared/vault/index.ts';
import type { CredentialRefresh, CredentialVault, Retirements } from '../credentials/index.ts';
import { UnsealError } from '../../shared/vault/index.ts';
import type { Grants, ListedGrant } from '../grants/index.ts';
import { endEach, isLive } from '../grants/index.ts';

/** Until when the sweep leaves an authorization to the request that is about to delete it (ms). */
const OURS_MS = 60_000;

/**
 * What became of the app's authorization at GitHub. `later`: GitHub did not do it yet and is asked again.
 * `unreached`: we hold no token that GitHub would take as proof, so only the person can remove it there.
 */
export type Disconnection = 'done' | 'later' | 'unreached';

export interface DisconnectDeps {
  readonly grants: Pick<Grants, 'listOf' | 'handleOf' | 'end'>;
  readonly reader: CredentialReader;
  readonly vault: Pick<CredentialVault, 'describe'>;
  readonly refresh: CredentialRefresh;
  readonly retirements: Pick<Retirements, 'addAuthorization' | 'attempt'>;
  readonly oauth: Pick<GitHubOAuthClient, 'deleteGrant'>;
  readonly clock: Clock;
}

/** Ends every live grant of a person; answers how many there were. */
export async function endAllGrants(
  { grants, clock }: Pick<DisconnectDeps, 'grants' | 'clock'>,
  sub: string,
): Promise<number> {
  const live = liveOf(await grants.listOf(sub), clock.now());
  await endEach(
    live.map(({ grantId }) => grantId),
    async (grantId) => {
      await grants.end(grantId, 'revoked_by_person');
    },
  );
  return live.length;
}

/**
 * Ends every live grant of a person and has GitHub forget that the person authorized the app. What GitHub is to do is
 * written down before the grants end, because with them goes the last token that can name the authorization; a GitHub
 * that is away delays that part and never the grants.
 */
export async function disconnectGitHub(deps: DisconnectDeps, sub: string): Promise<Disconnection> {
  const tokens = await accessTokensOf(deps, sub);
  const notBefore = deps.clock.now() + OURS_MS;
  for (const token of tokens) await deps.retirements.addAuthorization(token, { sub, notBefore });
  await endAllGrants(deps, sub);
  for (const token of tokens) {
    const outcome = await deps.retirements.attempt(token, async () => await deps.oauth.deleteGrant(token));
    if (outcome === 'postponed') return 'later';
    // A token that GitHub had ended already names nothing: another one may.
    if (outcome !== 'not_found') return 'done';
  }
  return 'unreached';
}

/** One access token of every credential the person's live grants stand on. */
async function accessTokensOf(deps: DisconnectDeps, sub: string): Promise<readonly string[]> {
  const handles = new Map(
    liveOf(await deps.grants.listOf(sub), deps.clock.now()).map(({ grantId, grant }) => [
      deps.grants.handleOf(grantId, grant),
      grantId,
    ]),
  );
  const tokens = await Promise.all(
    [...handles].map(async ([handle, grantId]) => await readToken(deps, handle, grantId)),
  );
  return tokens.filter((token) => token !== undefined);
}

/** Undefined for a token that cannot be had: that must not keep its person from ending everything. */
async function readToken(
  { reader, vault, refresh }: Pick<DisconnectDeps, 'reader' | 'vault' | 'refresh'>,
  handle: string,
  grantId: string,
): Promise<string | undefined> {
  const request = { handle, minVersion: 0, grantId };
  try {
    let reading = await reader.read(request);
    if (!reading.ok && reading.reason === 'expired') {
      const standing = await vault.describe(handle, grantId);
      if (standing !== undefined) await refresh(handle, standing.version);
      reading = await reader.read(request);
    }
    return reading.ok ? reading.accessToken : undefined;
  } catch (error) {
    if (error instanceof UnsealError || error instanceof RecordRefusedError) return undefined;
    throw error;
  }
}

function liveOf(listed: readonly ListedGrant[], now: number): readonly ListedGrant[] {
  return listed.filter(({ grant }) => isLive(grant, now));
}
