export { isRefusedByBrowsers } from './bad-ports.ts';
export { systemClock } from './clock.ts';
export type { Clock } from './clock.ts';
export { MediaError, errorCode, errorMessage } from './errors.ts';
export type { ErrorSource, MediaErrorInit } from './errors.ts';
export { createLog, silentLog } from './log.ts';
export type { Log, LogOptions } from './log.ts';
export { logFile } from './log-file.ts';
export { prettyLine } from './pretty-log.ts';
export { createRepeatingTask } from './repeating-task.ts';
export type {
  RepeatingTask,
  RepeatingTaskDeps,
  RepeatingTaskOptions,
  RoundResult,
} from './repeating-task.ts';
export { createScope } from './scope.ts';
export type { Scope } from './scope.ts';
export { Secret } from './secret.ts';
