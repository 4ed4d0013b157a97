import type { KoaContextWithOIDC } from 'oidc-provider';
import { interactionPolicy } from 'oidc-provider';

const { Check, Prompt } = interactionPolicy;

/**
 * When oidc-provider starts an interaction: always. No consent is remembered (a dynamic client, or any program
 * on the same computer, could otherwise ride on it), and our one interaction answers login and consent together.
 */
export function createInteractionPolicy() {
  const isAnswered = (ctx: KoaContextWithOIDC, part: 'login' | 'consent') =>
    ctx.oidc.result?.[part] !== undefined;
  const signedIn = new Check('no_session', 'the resource owner is not signed in', 'login_required', (ctx) =>
    ctx.oidc.session?.accountId === undefined ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT,
  );
  const decidesAlways = new Check(
    'consent_always',
    'the resource owner decides on every request',
    'consent_required',
    (ctx) =>
      isAnswered(ctx, 'login') && isAnswered(ctx, 'consent') ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT,
  );
  const policy = interactionPolicy.base();
  policy.clear();
  // `prompt=select_account` is answered by the same interaction, which reads it from the request.
  policy.add(new Prompt({ name: 'select_account', requestable: true }));
  policy.add(new Prompt({ name: 'login', requestable: true }, signedIn));
  policy.add(new Prompt({ name: 'consent', requestable: true }, decidesAlways));
  return policy;
}
