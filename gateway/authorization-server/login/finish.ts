import type { LoginFailure } from '../../standing/index.ts';
import type { Interaction } from './interaction.ts';
import type { LoginDeps, NextHop } from './login.ts';
import type { Arrival } from './login-record.ts';

/** What the client is told; GitHub's own words are not passed on. */
const DESCRIPTIONS: Readonly<Record<LoginFailure['code'], string>> = {
  access_denied: 'the resource owner or GitHub denied the request',
  server_error: 'the sign-in at GitHub failed',
  temporarily_unavailable: 'GitHub did not answer; try again',
};

/** Which rule it was is for the operator's log. */
const REFUSED_BY_POLICY = 'this GitHub account may not use this server';

interface Completion {
  readonly arrival: Arrival;
  /** Seconds since the epoch. */
  readonly loginTs: number;
}

/**
 * Makes the grant and answers login and consent of the interaction at once. When that fails the credential is let go of:
 * other grants of the person may stand on its token, and it goes with the last of them.
 */
export async function completeLogin(
  deps: LoginDeps,
  interaction: Interaction,
  completion: Completion,
): Promise<NextHop> {
  try {
    return await makeGrant(deps, interaction, completion);
  } catch (error) {
    await deps.credentials.release(completion.arrival.handle, completion.arrival.grantId);
    throw error;
  }
}

async function makeGrant(
  deps: LoginDeps,
  interaction: Interaction,
  { arrival, loginTs }: Completion,
): Promise<NextHop> {
  const { grantId, sub, scope, handle } = arrival;
  const { clientId, resource } = interaction;
  await deps.clients.keepUntil(clientId, deps.clock.now() + deps.grantTtlMs);
  const clientName = (await deps.interactions.clientNameOf(clientId)) ?? null;
  await deps.grants.create(grantId, { clientId, clientName, sub, resource, scope }, handle);
  // The confirmed account replaces the browser's session; grants of the other account stay as they are.
  if (interaction.sessionSub !== undefined && interaction.sessionSub !== sub)
    await interaction.leaveSession();
  const location = await interaction.finish({ sub, loginTs, grantId });
  deps.events.emit({ type: 'login.finished', accountId: sub, clientId });
  return { location };
}

/** Ends the interaction because something went wrong or was refused, and tells why. */
export async function failLogin(
  deps: Pick<LoginDeps, 'events'>,
  interaction: Interaction,
  failure: { code: LoginFailure['code']; reason: string },
): Promise<NextHop> {
  deps.events.emit({ type: 'login.failed', reason: failure.reason });
  const description = failure.reason.startsWith('policy_') ? REFUSED_BY_POLICY : DESCRIPTIONS[failure.code];
  return await endWithError(interaction, failure.code, description);
}

/** The person said no on our consent page: an end of its own, no failure. */
export async function declineLogin(
  deps: Pick<LoginDeps, 'events'>,
  interaction: Interaction,
): Promise<NextHop> {
  deps.events.emit({ type: 'login.consent.denied', clientId: interaction.clientId });
  return await endWithError(interaction, 'access_denied', DESCRIPTIONS.access_denied);
}

/** Leaves an error that oidc-provider sends to the client (RFC 6749 §4.1.2.1). */
async function endWithError(
  interaction: Interaction,
  code: LoginFailure['code'],
  description: string,
): Promise<NextHop> {
  return { location: await interaction.finish({ error: code, description }) };
}
