import { pino } from 'pino';
import type { DestinationStream } from 'pino';

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
  /** Where lines go; standard error by default, so that standard output stays for results. */
  readonly destination?: DestinationStream;
}

/** JSON lines. No viewer address is ever logged (DESIGN: what is run, and how it is watched). */
export function createLog(name: string, options: LogOptions): Log {
  return pino(
    { name, level: options.level, base: { name }, timestamp: pino.stdTimeFunctions.isoTime },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
}

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
