export { leave } from './answer-body.ts';
export { readAuthority } from './authority.ts';
export type { AuthorityReading } from './authority.ts';
export { FastHit, createFastHit } from './fast-hit.ts';
export type { FastHitInit } from './fast-hit.ts';
export { createFront, handleOf } from './front.ts';
export type {
  CloseOptions,
  Front,
  FrontOptions,
  ListenOptions,
  Listening,
  TlsListening,
  TlsOptions,
  TlsPair,
} from './front.ts';
export type { FrontStats } from './front-state.ts';
export { headerIn } from './header-in.ts';
export { defaultHttp2Limits } from './h2/h2-limits.ts';
export type { Http2Limits } from './h2/h2-limits.ts';
export { defaultLimits } from './limits.ts';
export type { FrontLimits } from './limits.ts';
export type { Refusal, RefusalReason } from './refusal.ts';
export type {
  Answer,
  AnswerBody,
  AnswerEnd,
  FastRequest,
  FrontHandlers,
  ParsedRequest,
  RequestReading,
} from './seam.ts';
export { pathProblem, readTarget } from './target.ts';
export type { TargetReading } from './target.ts';
export { namesWebSocket } from './upgrade.ts';
export type { UpgradeProtocol } from './upgrade.ts';
