import { z } from 'zod';

/** Events by name, as metrics count them; everything else is `other`. */
export const WEBHOOK_EVENTS = [
  'github_app_authorization',
  'installation',
  'organization',
  'membership',
  'ping',
] as const;

/**
 * What an event asks for. `revoked`: the person took the app's authorization back. `recheck`: the person may no longer
 * be where the operator's rules ask for. People are numeric ids: logins change hands.
 */
export type WebhookOrder =
  | { readonly kind: 'revoked' | 'recheck'; readonly githubId: number }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'malformed' };

const person = z.object({ id: z.int().positive() });
const IGNORED: WebhookOrder = { kind: 'ignored' };

type Reader = (payload: unknown) => WebhookOrder;

/** Reads an event of one action; `pick` names the person concerned, null when GitHub names none. */
function reader<T>(
  of: {
    readonly kind: 'revoked' | 'recheck';
    readonly actions: readonly string[];
    readonly shape: z.ZodType<T>;
  },
  pick: (payload: T) => z.infer<typeof person> | null,
): Reader {
  const action = z.object({ action: z.string() });
  return (payload) => {
    const named = action.safeParse(payload);
    if (!named.success) return { kind: 'malformed' };
    if (!of.actions.includes(named.data.action)) return IGNORED;
    const parsed = of.shape.safeParse(payload);
    if (!parsed.success) return { kind: 'malformed' };
    const concerned = pick(parsed.data);
    return concerned === null ? IGNORED : { kind: of.kind, githubId: concerned.id };
  };
}

const READERS: Readonly<Record<string, Reader>> = {
  github_app_authorization: reader(
    { kind: 'revoked', actions: ['revoked'], shape: z.object({ sender: person }) },
    ({ sender }) => sender,
  ),
  // Of those who are in the organization it names only who did it; the others are asked about at their next refresh.
  installation: reader(
    { kind: 'recheck', actions: ['deleted', 'suspend'], shape: z.object({ sender: person }) },
    ({ sender }) => sender,
  ),
  organization: reader(
    {
      kind: 'recheck',
      actions: ['member_removed'],
      shape: z.object({ membership: z.object({ user: person.nullable() }) }),
    },
    ({ membership }) => membership.user,
  ),
  membership: reader(
    { kind: 'recheck', actions: ['removed'], shape: z.object({ member: person.nullable() }) },
    ({ member }) => member,
  ),
};

/** What a signed body orders; an event we do not know is ignored without a look at its body. */
export function readWebhook(event: string, body: Uint8Array): WebhookOrder {
  const read = Object.hasOwn(READERS, event) ? READERS[event] : undefined;
  if (read === undefined) return IGNORED;
  try {
    return read(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)));
  } catch {
    return { kind: 'malformed' };
  }
}
