export { guardOptions, parseGuardConfig } from './config.ts';
export type { GuardConfig, GuardConfigSources, GuardOption } from './config.ts';
export { createGuard } from './guard.ts';
export type { Guard, GuardOverrides, GuardSecrets, GuardStats, ProbeTotal, ProbedBytes } from './types.ts';
