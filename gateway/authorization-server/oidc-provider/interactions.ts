import type { Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { Interaction, Interactions } from '../login/interaction.ts';
import { InteractionGone } from '../login/interaction.ts';
import { fromProviderScope } from './authorization-request.ts';

type Stored = InstanceType<Provider['Interaction']>;

/** The library's interactions, as a login sees them. */
export function createInteractions(provider: Provider): Interactions {
  return {
    current: async (req, res) => {
      try {
        return view(provider, await provider.interactionDetails(req, res));
      } catch (error) {
        if (error instanceof errors.SessionNotFound) throw new InteractionGone(error.message);
        // The library passes on what its adapter threw; the cause is the fault itself.
        throw error instanceof errors.OIDCProviderError && error.cause instanceof Error ? error.cause : error;
      }
    },
    find: async (uid) => {
      const found = await provider.Interaction.find(uid);
      return found && view(provider, found);
    },
    clientNameOf: async (clientId) => (await provider.Client.find(clientId))?.clientName,
  };
}

function view(provider: Provider, stored: Stored): Interaction {
  const { client_id: clientId, resource, scope, prompt, redirect_uri: redirectUri } = stored.params;
  return {
    uid: stored.uid,
    clientId: String(clientId),
    resource: String(resource),
    scopes: fromProviderScope(String(scope)),
    prompts: typeof prompt === 'string' ? prompt.split(' ') : [],
    sessionSub: stored.session?.accountId,
    answersTo: async () => {
      if (stored.deviceCode === undefined) return { redirectUri: String(redirectUri) };
      const code = (await provider.DeviceCode.find(stored.deviceCode))?.userCode ?? '';
      return { userCode: `${code.slice(0, 4)}-${code.slice(4)}` };
    },
    session: async () => {
      const uid = stored.session?.uid;
      const session = uid === undefined ? undefined : await provider.Session.findByUid(uid);
      const { accountId: sub, loginTs } = session ?? {};
      return sub === undefined || loginTs === undefined ? undefined : { sub, loginTs };
    },
    leaveSession: async () => {
      const uid = stored.session?.uid;
      if (uid !== undefined) await (await provider.Session.findByUid(uid))?.destroy();
      delete stored.session;
    },
    finish: async (result) => {
      stored.result =
        'error' in result
          ? { error: result.error, error_description: result.description }
          : {
              login: { accountId: result.sub, ts: result.loginTs },
              consent: { grantId: result.grantId },
              select_account: {},
            };
      await stored.persist();
      return stored.returnTo;
    },
  };
}
