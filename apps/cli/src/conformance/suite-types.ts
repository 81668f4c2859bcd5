/** A test of the suite: requests one after the other, each with what the origin says and what is to come back. */
export interface SuiteTest {
  readonly id: string;
  readonly name: string;
  /** `required` when absent; `check` asks and expects nothing. */
  readonly kind?: 'required' | 'optimal' | 'check';
  readonly depends_on?: readonly string[];
  /** Not for caches that stand before an origin. */
  readonly browser_only?: boolean;
  readonly requests: readonly SuiteRequest[];
}

export type SuiteRequest = Readonly<Record<string, unknown>>;

export interface SuiteSection {
  readonly id: string;
  readonly name: string;
  readonly tests: readonly SuiteTest[];
}

/** True, or what failed: `Setup` means that the test could not be put. */
export type SuiteResult = true | readonly [kind: string, message: string];
export type SuiteResults = Readonly<Record<string, SuiteResult>>;
