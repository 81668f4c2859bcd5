/** Whose fault an error is; decides who is told and whether a penalty can follow. */
export type ErrorSource = 'client' | 'origin' | 'peer' | 'chain' | 'internal';

export interface MediaErrorInit {
  /** Append-only code, `<area>/<what>`: `edge/origin-timeout`. */
  readonly code: string;
  /** One sentence that says what happened and, where there is something to do, what to do. */
  readonly message: string;
  /** What to do about it, where that is not in the message; a sentence of its own. */
  readonly hint?: string;
  readonly source: ErrorSource;
  /** Whether the same call can succeed later, unchanged. */
  readonly retry?: boolean;
  /** Facts for the log and for `--json`; never secrets. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one error class. Match by `code`, never by `instanceof` or by message. */
export class MediaError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly source: ErrorSource;
  readonly retry: boolean;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(init: MediaErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'MediaError';
    this.code = init.code;
    this.hint = init.hint;
    this.source = init.source;
    this.retry = init.retry ?? false;
    this.context = init.context ?? {};
  }
}

/** The code of an error: a MediaError's, a system error's (`ENOSPC`), or `internal/unknown`. */
export function errorCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return 'internal/unknown';
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
