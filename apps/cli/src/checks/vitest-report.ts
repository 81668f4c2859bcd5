import type { GroupResult } from './groups.ts';

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/**
 * Counts from vitest's JSON report. A file that does not load counts as one failure, and so does a run
 * that ends badly without any failed test: nothing may look green by not running.
 */
export function countVitest(report: string, exitCode: number, output: string): GroupResult {
  let parsed: VitestReport;
  try {
    // The shape is vitest's own; a report of another shape fails below or shows in the exit code.
    parsed = JSON.parse(report) as VitestReport;
  } catch {
    return { passed: 0, failed: 1, output };
  }
  const broken = parsed.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((each) => each.status === 'failed'),
  );
  const lines = parsed.testResults.flatMap((file) => [
    ...(broken.includes(file) ? [`${file.name}: ${file.message ?? 'did not load'}`] : []),
    ...file.assertionResults
      .filter((each) => each.status === 'failed')
      .map((each) => `${file.name}: ${each.fullName}\n${(each.failureMessages ?? []).join('\n')}`),
  ]);
  const failed = parsed.numFailedTests + broken.length;
  const unexplained = exitCode !== 0 && failed === 0;
  return {
    passed: parsed.numPassedTests,
    failed: unexplained ? 1 : failed,
    output: unexplained ? output : lines.join('\n'),
  };
}
