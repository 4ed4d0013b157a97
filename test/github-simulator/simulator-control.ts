import type { AdjustableClock } from './clock.ts';
import { deleteGrant } from './applications.ts';
import type { SimulatorControl } from './control.ts';
import type { Faults } from './faults.ts';
import type { Journal } from './journal.ts';
import { findUser, seedState } from './state.ts';
import type { SimulatedUser, SimulatorSeed, SimulatorState } from './state.ts';
import { countTokens } from './tokens.ts';

export interface SimulatorParts {
  readonly state: SimulatorState;
  readonly seed: SimulatorSeed;
  readonly clock: AdjustableClock;
  readonly journal: Journal;
  readonly faults: Faults;
}

export function createControl({ state, seed, clock, journal, faults }: SimulatorParts): SimulatorControl {
  return {
    journal: () => journal.entries(),
    sightings: (secret) => journal.sightings(secret),
    reset: () => {
      seedState(state, seed);
      journal.clear();
      faults.set([]);
      clock.reset();
    },
    autoApprove: (approval) => {
      if (approval !== null) requireUser(state, approval.login);
      state.autoApproval = approval;
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
      deleteGrant(state, clientId, requireUser(state, login).id);
    },
    suspend: (login, suspended) => {
      putUser(state, { ...requireUser(state, login), suspended });
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

function requireUser(state: SimulatorState, login: string): SimulatedUser {
  const user = findUser(state, login);
  if (user === undefined) throw new RangeError(`no user ${JSON.stringify(login)}`);
  return user;
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
  return found !== undefined && state.tokens.delete(found.accessToken);
}
