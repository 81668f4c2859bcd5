export { edgeOptions, parseEdgeConfig } from './config.ts';
export type { EdgeConfig, EdgeConfigSources, EdgeOption } from './config.ts';
export { createEdge } from './edge.ts';
export type { Edge, EdgeOverrides, EdgeSecrets, EdgeStats, Readiness } from './edge-api.ts';
export type {
  ClosedEpoch,
  EdgeChain,
  GuardView,
  ReportToSubmit,
  ResourceStatus,
  ResourceView,
  SubmitOutcome,
} from './chain/edge-chain.ts';
export type { Periods } from './chain/periods.ts';
export type { DigestEntry, HourBook, SealedHour, SessionBook } from './journal/ledger.ts';
export { buildHonestReport } from './report/report-builder.ts';
export type { BuildReport, BuiltReport } from './report/report-builder.ts';
