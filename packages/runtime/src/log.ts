import { createRequire } from 'node:module';
import type { DestinationStream, pino as Pino } from 'pino';
import { logFile } from './log-file.ts';
import { prettyDestination } from './pretty-log.ts';

/** What code may ask of a log: fields first, then the message. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Where lines go; standard error by default (readable on a terminal, JSON elsewhere), so that standard output stays for results. */
  readonly destination?: DestinationStream;
  /** A file that gets every line too, in JSON: what `media logs` reads. */
  readonly file?: string;
}

/** The library, loaded with the first log: a command that writes none does not wait for its thirty files. */
function loadPino(): typeof Pino {
  return createRequire(import.meta.url)('pino').pino;
}

/** Standard error: for people where it is a terminal, JSON lines in a pipe or a file. */
function standardError(pino: typeof Pino): DestinationStream {
  if (!process.stderr.isTTY || process.env['TERM'] === 'dumb')
    return pino.destination({ dest: 2, sync: true });
  // no-color.org: set and not empty.
  return prettyDestination((text) => process.stderr.write(text), (process.env['NO_COLOR'] ?? '') === '');
}

/** JSON lines, and readable ones on a terminal. No viewer address is ever logged (DESIGN: what is run, and how it is watched). */
export function createLog(name: string, options: LogOptions): Log {
  const pino = loadPino();
  const seen = options.destination ?? standardError(pino);
  const kept = options.file === undefined ? undefined : logFile(options.file);
  return pino(
    { name, level: options.level, base: { name }, timestamp: pino.stdTimeFunctions.isoTime },
    kept === undefined
      ? seen
      : {
          write(line) {
            seen.write(line);
            kept.write(line);
          },
        },
  );
}

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
