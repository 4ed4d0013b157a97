import { fromProviderScope } from '../authorization-request.ts';
import type { ConsentSubject } from './consent.ts';
import type { Interaction, LoginDeps } from './login.ts';

type SubjectDeps = Pick<LoginDeps, 'provider' | 'accounts' | 'arrivals' | 'scopes'>;

/** What an interaction asks the person to decide, as it is now. */
export async function consentSubjectOf(deps: SubjectDeps, interaction: Interaction): Promise<ConsentSubject> {
  const { client_id: clientId, redirect_uri: redirectUri, scope, resource } = interaction.params;
  const client = await deps.provider.Client.find(String(clientId));
  const arrival = await deps.arrivals.read(interaction.uid);
  const requested = arrival === undefined ? fromProviderScope(String(scope)) : arrival.scope;
  const isFirstDecision = arrival === undefined;
  return {
    uid: interaction.uid,
    clientId: String(clientId),
    clientName: client?.clientName,
    redirectUri: String(redirectUri),
    resource: String(resource),
    requested,
    offered: isFirstDecision ? deps.scopes.allowed.filter((offer) => !requested.includes(offer)) : [],
    account: arrival ?? (await accountOf(deps, interaction.session?.accountId)),
    accountChangedFrom: (await accountOf(deps, arrival?.shownSub ?? undefined))?.login,
  };
}

async function accountOf({ accounts }: SubjectDeps, sub: string | undefined) {
  const account = sub === undefined ? undefined : await accounts.find(sub);
  return sub === undefined || account === undefined ? undefined : { sub, login: account.login };
}
