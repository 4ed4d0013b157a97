import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../shared/logger.ts';
import { createEventBus } from '../../../shared/ops/index.ts';
import type { GatewayEvent } from '../../../shared/ops/index.ts';

const started: GatewayEvent = { type: 'login.started', clientId: 'c1' };
const ended: GatewayEvent = {
  type: 'grant.ended',
  clientId: 'client',
  accountId: 'account',
  grantId: 'g1',
  reason: 'revoked',
};

describe('createEventBus', () => {
  it('tells listeners of the type and of all types, synchronously and in order of registration', () => {
    const bus = createEventBus();
    const heard: string[] = [];
    bus.on('*', ({ type }) => heard.push(`all ${type}`));
    bus.on('grant.ended', ({ reason }) => heard.push(`one ${reason}`));
    bus.on('grant.ended', ({ grantId }) => heard.push(`two ${grantId}`));
    bus.emit(ended);
    bus.emit(started);
    expect(heard).toEqual(['one revoked', 'two g1', 'all grant.ended', 'all login.started']);
  });

  it('counts and logs a listener that throws, and tells the others', () => {
    const lines: string[] = [];
    const logger = createLogger({
      level: 'info',
      name: 'test',
      destination: { write: (line) => lines.push(line) },
    });
    const bus = createEventBus({ logger });
    let heard = 0;
    bus.on('login.started', () => {
      throw new Error('broken');
    });
    bus.on('login.started', () => (heard += 1));
    bus.emit(started);
    expect({ heard, errors: bus.listenerErrors() }).toEqual({ heard: 1, errors: 1 });
    expect(JSON.parse(lines.join(''))).toMatchObject({ level: 'error', event: 'login.started' });
  });

  it('survives a listener that throws without a logger', () => {
    const bus = createEventBus();
    bus.on('*', () => {
      throw new Error('broken');
    });
    expect(() => bus.emit(started)).not.toThrow();
    expect(bus.listenerErrors()).toBe(1);
  });

  it('tells a removed listener nothing, also when it is removed by another one', () => {
    const bus = createEventBus();
    const heard: string[] = [];
    const stop = bus.on('*', () => heard.push('second'));
    bus.on('login.started', () => stop());
    bus.emit(started);
    bus.emit(started);
    expect(heard).toEqual(['second']);
  });
});
