import type { ConsentSubject } from './consent.ts';
import type { Interaction } from './interaction.ts';
import type { LoginDeps } from './login.ts';

type SubjectDeps = Pick<LoginDeps, 'interactions' | 'accounts' | 'records' | 'scopes'>;

/** What an interaction asks the person to decide, as it is now. */
export async function consentSubjectOf(deps: SubjectDeps, interaction: Interaction): Promise<ConsentSubject> {
  const { uid, clientId, resource } = interaction;
  const seen = await deps.records.look(uid);
  const { arrival } = seen;
  const asked = arrival === undefined ? interaction.scopes : arrival.scope;
  const requested = [...new Set([...asked, ...deps.scopes.required])];
  const isFirstDecision = arrival === undefined;
  return {
    uid,
    clientId,
    clientName: await deps.interactions.clientNameOf(clientId),
    answersTo: await interaction.answersTo(),
    resource,
    requested,
    offered: isFirstDecision ? deps.scopes.allowed.filter((offer) => !requested.includes(offer)) : [],
    account: arrival ?? (await accountOf(deps, interaction.sessionSub)),
    seen,
    accountChangedFrom: (await accountOf(deps, arrival?.shownSub ?? undefined))?.login,
  };
}

async function accountOf({ accounts }: SubjectDeps, sub: string | undefined) {
  const account = sub === undefined ? undefined : await accounts.find(sub);
  return sub === undefined || account === undefined ? undefined : { sub, login: account.login };
}
