import { describe, expect, it } from 'vitest';
import type { Check } from '../../conformance/suite/verdict.ts';
import { judge, requiredServerScenarios } from '../../conformance/suite/verdict.ts';

const ran = (scenario: string, ...checks: readonly (readonly [string, Check['status']])[]) => ({
  scenario,
  checks: checks.map(([id, status]) => ({ id, status })),
});
const expecting = (scenarios: readonly string[], baseline: readonly string[] = []) => ({
  scenarios,
  count: scenarios.length,
  baseline,
});

describe('the verdict on a run of the conformance suite', () => {
  it('counts scenarios in which every judged check succeeded', () => {
    const results = [ran('ping', ['ping', 'SUCCESS']), ran('caching', ['a', 'SUCCESS'], ['b', 'SKIPPED'])];
    expect(judge(results, expecting(['ping', 'caching']))).toEqual({ passed: 2, faults: [], known: [] });
  });

  it.each(['FAILURE', 'WARNING'] as const)('holds a %s against the scenario', (status) => {
    const verdict = judge([ran('ping', ['a', 'SUCCESS'], ['b', status])], expecting(['ping']));
    expect(verdict).toEqual({ passed: 0, faults: [`ping:b: ${status}`], known: [] });
  });

  it.each([
    { title: 'left no result', results: [] },
    { title: 'has no check', results: [ran('ping')] },
    { title: 'skipped everything', results: [ran('ping', ['a', 'SKIPPED'], ['b', 'INFO'])] },
  ])('is a fault for a scenario that $title', ({ results }) => {
    expect(judge(results, expecting(['ping']))).toEqual({
      passed: 0,
      faults: ['ping: judged nothing'],
      known: [],
    });
  });

  it('is a fault when the suite requires another number of scenarios than expected', () => {
    const verdict = judge([ran('ping', ['a', 'SUCCESS'])], { scenarios: ['ping'], count: 2, baseline: [] });
    expect(verdict.faults).toEqual(['1 scenarios are required, expected are 2']);
  });

  it('excuses a scenario in the baseline, without counting it as passed', () => {
    const verdict = judge([ran('sampling', ['a', 'FAILURE'])], expecting(['sampling'], ['sampling']));
    expect(verdict).toEqual({ passed: 0, faults: [], known: ['sampling'] });
  });

  it('excuses a check in the baseline, and no other check of the scenario', () => {
    const results = [ran('stateless', ['a', 'FAILURE'], ['b', 'SUCCESS'], ['c', 'FAILURE'])];
    expect(judge(results, expecting(['stateless'], ['stateless:a']))).toEqual({
      passed: 0,
      faults: ['stateless:c: FAILURE'],
      known: ['stateless:a'],
    });
  });

  it.each([
    { title: 'a scenario that passes', entry: 'ping', results: [ran('ping', ['a', 'SUCCESS'])] },
    { title: 'a check that passes', entry: 'ping:a', results: [ran('ping', ['a', 'SUCCESS'])] },
    { title: 'a check that did not run', entry: 'ping:x', results: [ran('ping', ['a', 'SUCCESS'])] },
    { title: 'a scenario that is not required', entry: 'pong', results: [ran('ping', ['a', 'SUCCESS'])] },
  ])('is a fault for a baseline entry of $title', ({ entry, results }) => {
    expect(judge(results, expecting(['ping'], [entry])).faults).toEqual([
      `${entry}: is in the baseline and did not fail`,
    ]);
  });
});

describe('the list of required scenarios', () => {
  it('is the server section of the requirement file, and nothing of the others', () => {
    const yaml = '# 2026\nrevision: 1\n\nserver:\n  - ping\n  - caching\n\nclient:\n  - tools_call\n';
    expect(requiredServerScenarios(yaml)).toEqual(['ping', 'caching']);
    expect(requiredServerScenarios('client:\n  - tools_call\n')).toEqual([]);
  });
});
