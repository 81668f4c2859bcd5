import { expect, test } from 'vitest';
import { countVitest } from './vitest-report.ts';

const file = (status: string, ...tests: string[]): object => ({
  name: 'a.test.ts',
  status,
  message: 'boom',
  assertionResults: tests.map((each) => ({
    fullName: 'a test',
    status: each,
    failureMessages: ['not equal'],
  })),
});

function report(passed: number, failed: number, ...files: object[]): string {
  return JSON.stringify({ numPassedTests: passed, numFailedTests: failed, testResults: files });
}

test('counts tests', () => {
  expect(countVitest(report(3, 0, file('passed', 'passed')), 0, '')).toEqual({
    passed: 3,
    failed: 0,
    output: '',
  });
  const failing = countVitest(report(3, 1, file('failed', 'passed', 'failed')), 1, '');
  expect(failing).toMatchObject({ passed: 3, failed: 1 });
  expect(failing.output).toContain('a test\nnot equal');
});

test('a file that does not load is a failure', () => {
  expect(countVitest(report(3, 0, file('failed')), 1, '')).toMatchObject({
    passed: 3,
    failed: 1,
    output: 'a.test.ts: boom',
  });
});

test('nothing is green by not running', () => {
  expect(countVitest('', 1, 'no vitest')).toEqual({ passed: 0, failed: 1, output: 'no vitest' });
  expect(countVitest(report(3, 0), 1, 'unhandled')).toEqual({ passed: 3, failed: 1, output: 'unhandled' });
});
