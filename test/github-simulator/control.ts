import { json } from 'express';
import type { Request, Response, Router } from 'express';
import { z } from 'zod';
import { faultSchema } from './faults.ts';
import type { FaultInput } from './faults.ts';
import type { JournalEntry, Sighting } from './journal.ts';
import type { ContentLimits } from './content-limits.ts';
import type { Membership, MembershipState } from './organization-seed.ts';
import type { AutoApproval, OwnerPolicy, SimulatedApp, SimulatedUser, WebhookTarget } from './state.ts';
import type { TokenCount } from './tokens.ts';
import type { WebhookDelivery } from './webhooks.ts';

/** What a test may do to the simulator from inside its process; the control API offers the same over HTTP. */
export interface SimulatorControl {
  journal(): JournalEntry[];
  /** Where a raw token or secret was ever received. */
  sightings(secret: string): Sighting[];
  /** Back to the seed, with an empty journal, no faults and no clock offset. */
  reset(): void;
  /** Signs this account in without a page, or `null` for the page. @throws RangeError for an unknown login. */
  autoApprove(approval: AutoApproval | null): void;
  /** Answers at `/login/device` for a person. @throws RangeError for an unknown login or user code. */
  approveDevice(approval: DeviceApproval): void;
  advanceClock(milliseconds: number): void;
  /** Replaces the pending faults. */
  setFaults(faults: readonly FaultInput[]): void;
  /** Adds a user, or changes the one with this id. */
  putUser(user: Partial<SimulatedUser> & Pick<SimulatedUser, 'login' | 'id'>): SimulatedUser;
  putApp(app: SimulatedApp): void;
  /** Ends one token, given the access or the refresh token. Says whether it existed. */
  revokeToken(token: string): boolean;
  /** The user removes the app under Settings, Applications. @throws RangeError for an unknown login. */
  revokeApp(login: string, clientId: string): void;
  /** @throws RangeError for an unknown login. */
  suspend(login: string, suspended: boolean): void;
  /** Whether repeated bad credentials lock a user out, good tokens included. Off until told. */
  setLockout(enabled: boolean): void;
  /** Whether callbacks carry `iss`. */
  sendIssuer(sends: boolean): void;
  /** Puts an owner's repositories behind a policy, or `null` for none. */
  setOwnerPolicy(owner: string, policy: OwnerPolicy | null): void;
  /** Lowers the sizes above which contents are refused, so that no test needs 100 MB. */
  setContentLimits(limits: ContentLimits): void;
  /** Where a GitHub App's webhook goes, or `null` for nowhere. @throws RangeError for another app or a URL off loopback. */
  setWebhook(clientId: string, target: WebhookTarget | null): void;
  /** What was sent to webhooks, oldest first. */
  deliveries(): WebhookDelivery[];
  /** Sends the same bytes under the same id again. @throws RangeError for an unknown id. */
  redeliver(id: string): Promise<WebhookDelivery>;
  /** Resolves when every delivery was answered or given up; the calls over HTTP wait for it themselves. */
  settleDeliveries(): Promise<void>;
  /** Installs a GitHub App for an organization, suspends it there or removes it (`null`). @throws RangeError */
  setInstallation(clientId: string, organization: string, next: 'active' | 'suspended' | null): void;
  /** Sets or ends (`null`) a membership; the role stays as it was. @throws RangeError for an unknown name. */
  setMembership(
    organization: string,
    login: string,
    next: MembershipState | null,
    role?: Membership['role'],
  ): void;
  /** @throws RangeError for an unknown name, or someone who is no active member of the organization. */
  /** The login belongs to another organization from now on, with the same people in it. */
  replaceOrganization(login: string, id: number): void;
  setTeamMembership(organization: string, team: string, login: string, next: MembershipState | null): void;
  /** @throws RangeError for an unknown login. */
  setTwoFactor(login: string, enabled: boolean): void;
  tokens(): TokenCount[];
}

/** What a person answers to a user code. */
export interface DeviceApproval extends Omit<AutoApproval, 'reauthorizes'> {
  readonly userCode: string;
}

const approvalBody = z.strictObject({
  login: z.string().nullable(),
  scopes: z.array(z.string()).optional(),
  deny: z.boolean().optional(),
  reauthorizes: z.boolean().optional(),
});
const userBody = z.strictObject({
  id: z.int().min(1),
  login: z.string().regex(/^[A-Za-z0-9_[\]-]{1,39}$/),
  name: z.string().nullable().default(null),
  emailVerified: z.boolean().default(true),
  suspended: z.boolean().default(false),
  twoFactorAuthentication: z.boolean().default(false),
});
const appBody = z.strictObject({
  id: z.int().min(1),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  name: z.string().min(1),
  kind: z.enum(['oauth-app', 'github-app']),
  redirectUris: z.array(z.url()).min(1).max(10),
  expiringTokens: z.boolean().default(false),
  suspended: z.boolean().default(false),
  deviceFlow: z.boolean().default(false),
});

type ControlPost = <T>(path: string, schema: z.ZodType<T>, run: (body: T) => unknown) => void;

/** `/_control/…` on its own loopback port. Bodies must be JSON, which a foreign web page cannot send unasked. */
export function mountControl(router: Router, control: SimulatorControl): void {
  router.use(json({ limit: '1mb', type: 'application/json' }));
  router.get('/_control/journal', (_request, response) => response.json(control.journal()));
  router.get('/_control/tokens', (_request, response) => response.json(control.tokens()));
  router.get('/_control/deliveries', (_request, response) => response.json(control.deliveries()));
  const post: ControlPost = (path, schema, run) => {
    router.post(`/_control/${path}`, async (request, response) => {
      await handle(
        schema,
        async (body) => {
          const answer = await run(body);
          await control.settleDeliveries();
          return answer;
        },
        { request, response },
      );
    });
  };
  post('reset', z.unknown(), () => {
    control.reset();
  });
  post('sightings', z.strictObject({ token: z.string().min(8) }), ({ token }) => {
    const where = control.sightings(token);
    return { seen: where.length > 0, where };
  });
  post('auto-approve', approvalBody, ({ login, ...rest }) => {
    control.autoApprove(login === null ? null : { login, ...rest });
  });
  const deviceApproval = approvalBody
    .omit({ reauthorizes: true })
    .extend({ login: z.string(), userCode: z.string().min(1) });
  post('approve-device', deviceApproval, (approval) => {
    control.approveDevice(approval);
  });
  post('clock', z.strictObject({ advanceMs: z.int().min(0) }), ({ advanceMs }) => {
    control.advanceClock(advanceMs);
  });
  post('faults', z.array(faultSchema), (faults) => {
    control.setFaults(faults);
  });
  post('users', userBody, (user) => control.putUser(user));
  post('apps', appBody, (app) => {
    control.putApp(app);
  });
  post('revoke-token', z.strictObject({ token: z.string() }), ({ token }) => ({
    revoked: control.revokeToken(token),
  }));
  post('revoke-app', z.strictObject({ login: z.string(), clientId: z.string() }), ({ login, clientId }) => {
    control.revokeApp(login, clientId);
  });
  post('suspend', z.strictObject({ login: z.string(), suspended: z.boolean().default(true) }), (body) => {
    control.suspend(body.login, body.suspended);
  });
  const policies = z.enum(['sso', 'oauth-app-restriction', 'ip-allow-list']).nullable();
  post('owner-policy', z.strictObject({ owner: z.string().min(1), policy: policies }), (body) => {
    control.setOwnerPolicy(body.owner, body.policy);
  });
  const bytes = z.int().min(0);
  post('content-limits', z.strictObject({ jsonBytes: bytes, rawBytes: bytes }), (limits) => {
    control.setContentLimits(limits);
  });
  mountOrganizationControl(control, post);
  post('lockout', z.strictObject({ enabled: z.boolean() }), ({ enabled }) => {
    control.setLockout(enabled);
  });
  post('issuer', z.strictObject({ sends: z.boolean() }), ({ sends }) => {
    control.sendIssuer(sends);
  });
}

function mountOrganizationControl(control: SimulatorControl, post: ControlPost): void {
  const text = z.string().min(1);
  const webhook = z.strictObject({ url: z.url(), secret: text }).nullable();
  post('webhook', z.strictObject({ clientId: text, webhook }), (body) => {
    control.setWebhook(body.clientId, body.webhook);
  });
  post('redeliver', z.strictObject({ id: text }), ({ id }) => control.redeliver(id));
  const installed = z.enum(['active', 'suspended']).nullable();
  post('installation', z.strictObject({ clientId: text, organization: text, state: installed }), (body) => {
    control.setInstallation(body.clientId, body.organization, body.state);
  });
  const membership = z.strictObject({
    organization: text,
    login: text,
    state: z.enum(['active', 'pending']).nullable(),
  });
  const role = z.enum(['admin', 'member']).optional();
  post('membership', membership.extend({ role }), (body) => {
    control.setMembership(body.organization, body.login, body.state, body.role);
  });
  post('team-membership', membership.extend({ team: text }), (body) => {
    control.setTeamMembership(body.organization, body.team, body.login, body.state);
  });
  post('two-factor', z.strictObject({ login: text, enabled: z.boolean() }), ({ login, enabled }) => {
    control.setTwoFactor(login, enabled);
  });
}

async function handle<T>(
  schema: z.ZodType<T>,
  run: (body: T) => Promise<unknown>,
  { request, response }: { request: Request; response: Response },
): Promise<void> {
  const parsed = schema.safeParse(request.body);
  if (!parsed.success) {
    response.status(400).json({ error: z.prettifyError(parsed.error) });
    return;
  }
  try {
    response.json((await run(parsed.data)) ?? {});
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    response.status(404).json({ error: error.message });
  }
}
