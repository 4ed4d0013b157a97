import type { AdjustableClock } from './clock.ts';
import { deleteGrant } from './applications.ts';
import type { DeviceApproval, SimulatorControl } from './control.ts';
import { approveDeviceCode, denyDeviceCode, findByUserCode } from './device-code.ts';
import type { Faults } from './faults.ts';
import type { Journal } from './journal.ts';
import { createOrganizationControl } from './organization-control.ts';
import { findUser, requireUser, seedState } from './state.ts';
import type { SimulatedUser, SimulatorSeed, SimulatorState } from './state.ts';
import { countTokens, endToken } from './tokens.ts';
import type { WebhookEvents } from './webhook-events.ts';
import type { Webhooks } from './webhooks.ts';

export interface SimulatorParts {
  readonly state: SimulatorState;
  readonly seed: SimulatorSeed;
  readonly clock: AdjustableClock;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly webhooks: Webhooks;
  readonly events: WebhookEvents;
}

export function createControl(parts: SimulatorParts): SimulatorControl {
  const { state, seed, clock, journal, faults, webhooks, events } = parts;
  return {
    ...createOrganizationControl({ state, events }),
    deliveries: () => webhooks.deliveries(),
    redeliver: (id) => webhooks.redeliver(id),
    settleDeliveries: () => webhooks.settled(),
    journal: () => journal.entries(),
    sightings: (secret) => journal.sightings(secret),
    reset: () => {
      seedState(state, seed);
      journal.clear();
      faults.set([]);
      webhooks.clear();
      clock.reset();
    },
    autoApprove: (approval) => {
      if (approval !== null) requireUser(state, approval.login);
      state.autoApproval = approval;
    },
    approveDevice: (approval) => {
      approveDevice(state, approval, clock.now());
    },
    advanceClock: (milliseconds) => {
      clock.advance(milliseconds);
    },
    setFaults: (list) => {
      faults.set(list);
    },
    putUser: (user) => putUser(state, user),
    putApp: (app) => {
      state.apps.set(app.clientId, app);
    },
    revokeToken: (token) => revokeToken(state, token),
    revokeApp: (login, clientId) => {
      const user = requireUser(state, login);
      const app = state.apps.get(clientId);
      if (app !== undefined) deleteGrant({ state, events }, app, user.id);
    },
    setTwoFactor: (login, enabled) => {
      putUser(state, { ...requireUser(state, login), twoFactorAuthentication: enabled });
    },
    suspend: (login, suspended) => {
      putUser(state, { ...requireUser(state, login), suspended });
    },
    setLockout: (enabled) => {
      state.locksOut = enabled;
      if (!enabled) state.lockouts.clear();
    },
    sendIssuer: (sends) => {
      state.sendsIssuer = sends;
    },
    setOwnerPolicy: (owner, policy) => {
      if (policy === null) state.ownerPolicies.delete(owner.toLowerCase());
      else state.ownerPolicies.set(owner.toLowerCase(), policy);
    },
    setContentLimits: (limits) => {
      state.contentLimits = limits;
    },
    tokens: () => countTokens(state, clock.now()),
  };
}

function approveDevice(
  state: SimulatorState,
  { userCode, login, scopes, deny }: DeviceApproval,
  now: number,
): void {
  const user = requireUser(state, login);
  const code = findByUserCode(state, userCode, now);
  if (code === undefined)
    throw new RangeError(`no user code ${JSON.stringify(userCode)} waits for an answer`);
  if (deny === true) denyDeviceCode(state, code);
  else approveDeviceCode(state, code, { user, granted: scopes });
}

function putUser(
  state: SimulatorState,
  user: Partial<SimulatedUser> & Pick<SimulatedUser, 'login' | 'id'>,
): SimulatedUser {
  const namesake = findUser(state, user.login);
  // GitHub gives a freed login to a new account: the newcomer takes it, the old account is renamed.
  if (namesake !== undefined && namesake.id !== user.id) {
    state.users.set(namesake.id, { ...namesake, login: `${namesake.login}-${String(namesake.id)}` });
  }
  const defaults = { name: null, emailVerified: true, suspended: false, twoFactorAuthentication: false };
  const next = { ...defaults, ...state.users.get(user.id), ...user };
  state.users.set(next.id, next);
  return next;
}

function revokeToken(state: SimulatorState, token: string): boolean {
  const found = [...state.tokens.values()].find(
    (record) => record.accessToken === token || record.refresh?.token === token,
  );
  return found !== undefined && endToken(state, found);
}
