export { edgeOptions, parseEdgeConfig } from './config.ts';
export type { EdgeConfig, EdgeConfigSources, EdgeOption } from './config.ts';
export { createEdge } from './edge.ts';
export { folderHolder } from './folder-lock.ts';
export { openGenerationLine } from './succession/generation.ts';
export type { GenerationLine } from './succession/generation.ts';
export { SUCCESSOR_VARIABLE } from './succession/generation-messages.ts';
export { createGenerations } from './succession/generations.ts';
export type { Generations, UpgradeOutcome } from './succession/generations.ts';
export { readUpgradeNote, writeUpgradeNote } from './succession/upgrade-note.ts';
export type { UpgradeNote } from './succession/upgrade-note.ts';
export type {
  Edge,
  EdgeOverrides,
  EdgeSecrets,
  EdgeStats,
  EdgeSuccession,
  Predecessor,
  Readiness,
} from './edge-api.ts';
export type {
  ClaimOutcome,
  CreditTerms,
  EdgeChain,
  FinalHour,
  EdgeView,
  GuardView,
  OpenWeek,
  ReportToSubmit,
  ResourceStatus,
  ResourceView,
  SetGuard,
  SubmitOutcome,
} from './chain/edge-chain.ts';
export type { CertificateView } from './tls/certificate-view.ts';
export type { ControlAnswer, ControlOverride } from './control/control-server.ts';
export type { Periods } from './chain/periods.ts';
export type { DigestEntry, HourBook, SealedHour, SessionBook } from './journal/ledger.ts';
export { buildHonestReport } from './report/report-builder.ts';
export type { BuildReport, BuiltReport, OpenTerms } from './report/report-builder.ts';
