export { edgeOptions, parseEdgeConfig } from './config.ts';
export type { EdgeConfig, EdgeConfigSources, EdgeOption } from './config.ts';
export { createEdge } from './edge.ts';
export type { Edge, EdgeOverrides, EdgeSecrets, EdgeStats, Readiness } from './edge-api.ts';
export type {
  ClaimOutcome,
  CreditTerms,
  EdgeChain,
  FinalHour,
  GuardView,
  OpenWeek,
  ReportToSubmit,
  ResourceStatus,
  ResourceView,
  SetGuard,
  SubmitOutcome,
} from './chain/edge-chain.ts';
export type { ControlAnswer, ControlOverride } from './control/control-server.ts';
export type { Periods } from './chain/periods.ts';
export type { DigestEntry, HourBook, SealedHour, SessionBook } from './journal/ledger.ts';
export { buildHonestReport } from './report/report-builder.ts';
export type { BuildReport, BuiltReport } from './report/report-builder.ts';
