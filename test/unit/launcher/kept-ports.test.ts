import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseKeptPorts, renderKeptPorts } from '../../../deploy/launcher/kept-ports.ts';

describe('the file of kept ports', () => {
  it('is read as it was written', () => {
    const ports = fc.dictionary(
      fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
      fc.integer({ min: 1, max: 65_535 }),
    );
    fc.assert(
      fc.property(ports, (some) => {
        const kept = new Map(Object.entries(some));
        expect(parseKeptPorts(renderKeptPorts(kept), 'ports.json')).toEqual(kept);
      }),
    );
  });

  it.each([
    '',
    '{',
    'null',
    '{"schema":2,"ports":{}}',
    '{"schema":1}',
    '{"schema":1,"ports":{"gateway":0}}',
    '{"schema":1,"ports":{"gateway":65536}}',
    '{"schema":1,"ports":{"gateway":"3000"}}',
    '{"schema":1,"ports":{},"more":1}',
  ])('is refused by name when it is %j', (text) => {
    expect(() => parseKeptPorts(text, 'some/ports.json')).toThrow('some/ports.json is damaged');
  });
});
