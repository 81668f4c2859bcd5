export { boundCallers, callerOf, isLocalCaller } from './caller.ts';
export { configOptions, parseConfig } from './config.ts';
export type { ConfigOption, ConfigSources } from './config.ts';
export { openDenyList, parseDenyList } from './deny-list.ts';
export type { DenyList } from './deny-list.ts';
export { inTurn } from './in-turn.ts';
export {
  COMMON_OPTIONS,
  flagOption,
  portOption,
  sizeOption,
  textOption,
  urlOption,
  wholeOption,
} from './option-kinds.ts';
export type { LogLevel } from './option-kinds.ts';
export { holdEnd } from './hold-end.ts';
export { cannotListen, listenAt } from './listen.ts';
export type { ListenPlace } from './listen.ts';
export { holdPorts, requireFreePorts } from './ports.ts';
export type { HeldPorts, WantedPort } from './ports.ts';
export { isLoopbackHost, isPrivateAddress, isPrivateLiteral, publicLookup } from './public-address.ts';
export { storedFile } from './stored-file.ts';
export type { StoredFile } from './stored-file.ts';
export { runDaemon } from './run-daemon.ts';
export type { DaemonProgram, KeyFileOption, RunningDaemon } from './run-daemon.ts';
