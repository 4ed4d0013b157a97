import { fromProviderScope } from '../authorization-request.ts';
import type { ConsentSubject } from './consent.ts';
import type { Interaction, LoginDeps } from './login.ts';

type SubjectDeps = Pick<LoginDeps, 'provider' | 'accounts' | 'arrivals' | 'scopes'>;

/** What an interaction asks the person to decide, as it is now. */
export async function consentSubjectOf(deps: SubjectDeps, interaction: Interaction): Promise<ConsentSubject> {
  const { client_id: clientId, scope, resource } = interaction.params;
  const client = await deps.provider.Client.find(String(clientId));
  const arrival = await deps.arrivals.read(interaction.uid);
  const asked = arrival === undefined ? fromProviderScope(String(scope)) : arrival.scope;
  const requested = [...new Set([...asked, ...deps.scopes.required])];
  const isFirstDecision = arrival === undefined;
  return {
    uid: interaction.uid,
    clientId: String(clientId),
    clientName: client?.clientName,
    answersTo: await answersTo(deps, interaction),
    resource: String(resource),
    requested,
    offered: isFirstDecision ? deps.scopes.allowed.filter((offer) => !requested.includes(offer)) : [],
    account: arrival ?? (await accountOf(deps, interaction.session?.accountId)),
    accountChangedFrom: (await accountOf(deps, arrival?.shownSub ?? undefined))?.login,
  };
}

/** A device is told apart by the code that it shows: the person compares (RFC 8628 §5.4). */
async function answersTo({ provider }: SubjectDeps, interaction: Interaction) {
  if (interaction.deviceCode === undefined) {
    return { redirectUri: String(interaction.params['redirect_uri']) };
  }
  const device = await provider.DeviceCode.find(interaction.deviceCode);
  const code = device?.userCode ?? '';
  return { userCode: `${code.slice(0, 4)}-${code.slice(4)}` };
}

async function accountOf({ accounts }: SubjectDeps, sub: string | undefined) {
  const account = sub === undefined ? undefined : await accounts.find(sub);
  return sub === undefined || account === undefined ? undefined : { sub, login: account.login };
}
