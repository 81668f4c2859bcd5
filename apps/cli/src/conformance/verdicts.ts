import type { SuiteResults, SuiteSection, SuiteTest } from './suite-types.ts';

type Verdict = 'pass' | 'fail' | 'unscored';

export interface Tally {
  pass: number;
  fail: number;
}

export interface Failure {
  readonly id: string;
  readonly kind: 'required' | 'optional';
  readonly message: string;
}

export interface Verdicts {
  readonly required: Tally;
  readonly optional: Tally;
  /** Questions without a right answer: how many were answered with yes. */
  readonly informational: { yes: number; no: number };
  readonly failures: readonly Failure[];
  /** Could not be put, or hang on one that failed; not counted above. */
  readonly unscored: readonly string[];
}

/**
 * Counts as the suite's authors do: a test that could not be put, or that hangs on one which does not hold,
 * says nothing and is not scored.
 */
export function verdictsOf(sections: readonly SuiteSection[], results: SuiteResults): Verdicts {
  const tests = new Map<string, SuiteTest>();
  for (const section of sections) for (const test of section.tests) tests.set(test.id, test);
  const known = new Map<string, Verdict>();

  function verdictOf(id: string): Verdict {
    const before = known.get(id);
    if (before !== undefined) return before;
    // A circle of dependencies would hang on itself.
    known.set(id, 'unscored');
    const verdict = judge(tests.get(id), results[id]);
    known.set(id, verdict);
    return verdict;
  }

  function judge(test: SuiteTest | undefined, result: SuiteResults[string] | undefined): Verdict {
    if (test === undefined || result === undefined) return 'unscored';
    if ((test.depends_on ?? []).some((other) => tests.has(other) && verdictOf(other) !== 'pass'))
      return 'unscored';
    if (result === true) return 'pass';
    return result[0] === 'Setup' ? 'unscored' : 'fail';
  }

  const required = { pass: 0, fail: 0 };
  const optional = { pass: 0, fail: 0 };
  const informational = { yes: 0, no: 0 };
  const failures: Failure[] = [];
  const unscored: string[] = [];
  for (const test of tests.values()) {
    const verdict = verdictOf(test.id);
    const kind = test.kind ?? 'required';
    if (kind === 'check') informational[verdict === 'pass' ? 'yes' : 'no'] += 1;
    else if (verdict === 'unscored') unscored.push(test.id);
    else {
      (kind === 'required' ? required : optional)[verdict] += 1;
      if (verdict === 'fail') {
        const result = results[test.id];
        failures.push({
          id: test.id,
          kind: kind === 'required' ? 'required' : 'optional',
          message: result === undefined || result === true ? '' : result[1],
        });
      }
    }
  }
  return { required, optional, informational, failures, unscored };
}
