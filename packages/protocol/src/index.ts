export { addressBytes, addressOf, parseAddress } from './address.ts';
export {
  compareBytes,
  concatBytes,
  equalBytes,
  fromBase64Url,
  fromHex,
  toBase64Url,
  toHex,
  utf8,
  utf8Text,
} from './bytes.ts';
export type { Sha256 } from './bytes.ts';
export { checkCommits, contradiction } from './check-commits.ts';
export type { CollectedCommit, CommitFacts, CommitFault, CommitFinding } from './check-commits.ts';
export {
  MAX_EVIDENCE_BODIES,
  MAX_EVIDENCE_BYTES,
  checkEvidence,
  evidenceOf,
  overreportOf,
  overreports,
} from './check-evidence.ts';
export type {
  BodyHashes,
  EvidenceChain,
  EvidenceFile,
  EvidenceFinding,
  SignedStatement,
  WrongBytesFile,
} from './check-evidence.ts';
export { evidenceCommitment } from './evidence-commitment.ts';
export { checkEntries, checkReport, digestsLength, entriesLength, receiptsLength } from './check-report.ts';
export type { ReportFault, ReportFinding } from './check-report.ts';
export { CLAIM_BYTES, buildClaims, decodeClaims, encodeClaim } from './claims.ts';
export type { ClaimLeaf, Claims } from './claims.ts';
export {
  COMMIT_BYTES,
  COMMIT_REQUEST_BYTES,
  COUNTER_BYTES,
  buildCommit,
  compareCommits,
  contradicts,
  countersRoot,
  decodeCommit,
  decodeCommitRequest,
  decodeCommits,
  decodeCounters,
  encodeCommit,
  encodeCommitRequest,
  encodeCounters,
  signCommit,
  signCommitRequest,
  verifyCommitRequestSignature,
  verifyCommitSignature,
} from './counters.ts';
export type { Commit, CommitBody, CommitRequest, CommitRequestBody, Counter } from './counters.ts';
export { creditHour } from './credit-hour.ts';
export type { CreditedHour, HourFacts, HourReport, Missing } from './credit-hour.ts';
export { decideReports, disputeTest, revealsDecide, rightGuards } from './decide-reports.ts';
export type { Decision, Reveal } from './decide-reports.ts';
export {
  MAX_EDGE_VIEW_BYTES,
  decodeEdgeView,
  encodeEdgeView,
  signEdgeView,
  verifyEdgeViewSignature,
} from './edge-view.ts';
export type { EdgeView, EdgeViewBody } from './edge-view.ts';
export {
  MAX_STEER_EDGES,
  MAX_STEER_RTTS,
  MAX_STEER_VIEW_BYTES,
  UNKNOWN_LOAD,
  decodeSteerView,
  encodeSteerView,
  signSteerView,
  verifySteerViewSignature,
} from './steer-view.ts';
export type { EdgeLoad, PrefixRtt, SteerView, SteerViewBody } from './steer-view.ts';
export {
  ENTRY_BYTES,
  SLOTS,
  buildReport,
  decodeEntries,
  decodeEntry,
  encodeEntries,
  encodeEntry,
  entriesRoot,
  sortEntries,
  sumSlots,
} from './entry.ts';
export type { Entry, ReportBody } from './entry.ts';
export {
  DIGEST_BYTES,
  MAX_DIGESTS,
  MAX_SESSIONS,
  SESSION_PROOF_BYTES,
  decodeDigestList,
  decodeReceiptList,
  digestListRoot,
  encodeDigestList,
  encodeReceiptList,
  receiptListRoot,
} from './evidence-lists.ts';
export type { ServedDigest, SessionProof } from './evidence-lists.ts';
export {
  MAX_FINDINGS,
  MAX_FINDING_LIST_BYTES,
  decodeFindingList,
  decodeFindingRequest,
  encodeFindingList,
  encodeFindingRequest,
  signFinding,
  signFindingRequest,
  verifyFindingRequestSignature,
  verifyFindingSignature,
} from './finding.ts';
export type { Finding, FindingBody, FindingRequest, FindingRequestBody } from './finding.ts';
export { MAX_REPUTATION, REPUTATION_FADE, REPUTATION_POINTS, reputationOf } from './reputation.ts';
export type { Reputation, ReputationFact, ReputationKind, ReputationPoint } from './reputation.ts';
export {
  CORRUPT,
  OWN_LOOKS,
  SIGHT_HOURS,
  lowerPpm,
  mayBeOneOrigin,
  secondingOf,
  trimmedPool,
} from './seconding.ts';
export type { PublisherSight, Seconding, Sight } from './seconding.ts';
export { GUILT, guilt } from './guilt.ts';
export type { GuiltFinding, Observation } from './guilt.ts';
export {
  CREDIT_ROW_BYTES,
  MAX_HOUR_BLOB_BYTES,
  RESOURCE_HOUR_BYTES,
  WEIGHT_ROW_BYTES,
  buildHour,
  decodeHour,
  encodeResourceHour,
  packResourceHours,
  recordTail,
} from './hour.ts';
export type { CreditRow, EdgeCredits, Hour, HourContent, ResourceHour, WeightRow } from './hour.ts';
export { U64_MAX, minOf, mulDiv, mulDivUp, saturate, saturatingAdd } from './integer.ts';
export { LOCAL_ZONE, resourceLabel } from './label.ts';
export {
  EMPTY_ROOT,
  LEAF_DOMAIN,
  MAX_PROOF_STEPS,
  leafHash,
  merkleRoot,
  merkleTree,
  nodeHash,
  rangeRoot,
  verifyMerkleProof,
} from './merkle.ts';
export type { LeafDomain, MerkleTree } from './merkle.ts';
export {
  burstBudget,
  burstForecast,
  ignoredSlots,
  monthFinalFrom,
  newestDueMonth,
  newestFinalMonth,
  nextMonth,
  percentile95,
  samplesInRing,
  samplesOfMonth,
} from './months.ts';
export type { BurstBudget, BurstForecast, MonthsState, SampleRing } from './months.ts';
export { openAllowance, yieldCapBytes } from './open-allowance.ts';
export { askOpen } from './open-ask.ts';
export type { OpenPart } from './open-ask.ts';
export type { HourTerms, OpenShare } from './open-allowance.ts';
export {
  MAX_OWN_NAMES,
  isLocalName,
  isWithinZone,
  ownNames,
  proofName,
  proofText,
  provenResource,
  readOwnName,
} from './own-name.ts';
export type { OwnNameReading } from './own-name.ts';
export { packNumbers, unpackNumbers } from './packed-numbers.ts';
export {
  MAX_PURGE_BYTES,
  MAX_PURGE_WHAT,
  MAX_TAG_BYTES,
  PURGE_FRAME_BYTES,
  decodePurge,
  encodePurge,
  isPurgeable,
  isTag,
  purgeId,
  purgeWhatBytes,
  signPurge,
  verifyPurgeSignature,
} from './purge.ts';
export type { Purge, PurgeBody, PurgeWhat } from './purge.ts';
export {
  MAX_PURGE_LIST_BYTES,
  PURGE_LIST_REQUEST_BYTES,
  decodePurgeList,
  decodePurgeListRequest,
  encodePurgeList,
  encodePurgeListRequest,
  listedBytes,
  signPurgeListRequest,
  verifyPurgeListRequestSignature,
} from './purge-list.ts';
export type { PurgeList, PurgeListRequest, PurgeListRequestBody } from './purge-list.ts';
export { canReachQuorum, isMajority, isQuorum } from './quorum.ts';
export {
  RECEIPT_BYTES,
  checkReceipt,
  decodeReceipt,
  decodeReceipts,
  encodeReceipt,
  signReceipt,
  verifyReceiptSignature,
} from './receipt.ts';
export type { Receipt, ReceiptBody, ReceiptRefusal, SessionState } from './receipt.ts';
export {
  agreedShare,
  burstFactor,
  mayBurst,
  projectedBytes,
  quotaBytes,
  quotaShares,
  recordedMonth,
  shareGrant,
} from './quota-shares.ts';
export type { EdgeDemand, QuotaShares, RecordedMonth } from './quota-shares.ts';
export { SEAL_OVERHEAD, boxKeyOf, generateBoxKey, openSealed, seal } from './sealed-box.ts';
export type { BoxKey } from './sealed-box.ts';
export { readOriginUrl } from './origin-url.ts';
export type { OriginUrl } from './origin-url.ts';
export { isOrigin, isTarget, parseSettings, settingsText } from './settings-text.ts';
export type { Settings } from './settings-text.ts';
export {
  decryptSettings,
  encryptSettings,
  settingsGuards,
  settingsKeyByPassword,
  settingsKeyForGuard,
} from './settings.ts';
export type { Scrypt, SettingsReaders, SettingsSubject } from './settings.ts';
export {
  MAX_SHARES_BYTES,
  MAX_SHARE_REQUEST_BYTES,
  MAX_SHARE_ROWS,
  decodeEdgeShares,
  decodeShareRequest,
  encodeEdgeShares,
  encodeShareRequest,
  signEdgeShares,
  signShareRequest,
  verifyEdgeSharesSignature,
  verifyShareRequestSignature,
} from './share-request.ts';
export type {
  EdgeShares,
  EdgeSharesBody,
  ResourceShare,
  ServedLately,
  ShareRequest,
  ShareRequestBody,
} from './share-request.ts';
export { shareWeek } from './share-week.ts';
export type { FinalHour, WeekFacts, WeekShares } from './share-week.ts';
export { createSessionKey, signedMessage, signerOf, verifySignature } from './signing.ts';
export type { SignBytes } from './signing.ts';
export {
  ATTEST_BYTES,
  KEY_REQUEST_BYTES,
  decodeAttest,
  decodeKeyRequest,
  encodeAttest,
  encodeKeyRequest,
  signAttest,
  signKeyRequest,
  verifyAttestSignature,
  verifyKeyRequestSignature,
} from './statements.ts';
export type { Attest, AttestBody, KeyRequest, KeyRequestBody } from './statements.ts';
export {
  MAX_TIER_ASK_BYTES,
  decodeTierAsk,
  encodeTierAnswer,
  encodeTierAsk,
  openTierAnswer,
  verifyTierAsk,
} from './tier.ts';
export type { TierAsk, TierAskBody, TierHead, TierQuestion } from './tier.ts';
export { activeIn, operatorIn, termsOf } from './terms.ts';
export type { ResourceTerms, Span, TermsRow } from './terms.ts';
export {
  SAMPLES_PER_HOUR,
  baseHour,
  hourAt,
  hourEnd,
  hourPhase,
  hourSecs,
  hourStart,
  hourWindows,
  hoursOfWeek,
  monthOfSample,
  sampleAt,
  slotAt,
  weekAt,
  weekEnd,
  weekOfHour,
} from './time.ts';
export type { HourPhase, HourProgress, HourWindows, Periods } from './time.ts';
export {
  NO_VOUCHING_KEY,
  TOKEN_BYTES,
  checkToken,
  decodeToken,
  encodeToken,
  parseTokenHeader,
  sessionKey,
  signToken,
  tokenHeader,
  verifyTokenSignature,
} from './token.ts';
export type { Token, TokenBody, TokenRefusal } from './token.ts';
export {
  MAX_DISPUTES,
  decodeVerdict,
  encodeVerdict,
  holdingOf,
  holdingPiece,
  verdictCommitment,
} from './verdict.ts';
export type { Dispute, Level, VerdictPayload } from './verdict.ts';
export { verifySessions } from './verify-sessions.ts';
export type { SessionsFinding, VouchedSession } from './verify-sessions.ts';
export {
  WITNESS_BYTES,
  WITNESS_POST_BYTES,
  decodeWitness,
  decodeWitnessPost,
  encodeWitness,
  encodeWitnessPost,
  signWitness,
  verifyWitness,
} from './witness.ts';
export type { Witness, WitnessBody } from './witness.ts';
export {
  MAX_TXT_REQUEST_BYTES,
  decodeTxtRequest,
  encodeTxtRequest,
  signTxtRequest,
  verifyTxtRequestSignature,
} from './txt-request.ts';
export type { TxtRequest, TxtRequestBody } from './txt-request.ts';
export {
  MAX_SEGMENT_BYTES,
  SEGMENT_CHUNK_BYTES,
  signSegmentDigest,
  verifySegmentDigest,
} from './segment-digest.ts';
export type { SegmentDigestBody } from './segment-digest.ts';
export { SWARM_PASS_BYTES, decodeSwarmPass, signSwarmPass, swarmOf, verifySwarmPass } from './swarm-pass.ts';
export type { SwarmPass, SwarmPassBody } from './swarm-pass.ts';
