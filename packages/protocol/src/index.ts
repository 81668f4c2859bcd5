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
export { checkCounters } from './check-counters.ts';
export { checkReport } from './check-report.ts';
export type { RejectReason, ReportFacts, ReportFinding, ResourceFacts } from './check-report.ts';
export { boundInForce, creditHour, creditResource } from './credit-hour.ts';
export type { ConfirmedReport, EdgeBytes, HourFacts } from './credit-hour.ts';
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
export { CLAIM_BYTES, buildEpoch, decodeEpoch, encodeClaim } from './epoch.ts';
export type { ClaimLeaf, Epoch } from './epoch.ts';
export {
  DIGEST_BYTES,
  MAX_DIGESTS,
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
  EDGE_HOUR_BYTES,
  RESOURCE_HOUR_BYTES,
  buildHour,
  decodeHour,
  encodeEdgeHour,
  encodeResourceHour,
} from './hour.ts';
export type { EdgeHour, Hour, ResourceHour } from './hour.ts';
export { inflatedMeter } from './inflated-meter.ts';
export type { MeterFinding, MeterRound } from './inflated-meter.ts';
export { U64_MAX, mulDiv, mulDivUp } from './integer.ts';
export { LOCAL_ZONE, resourceLabel } from './label.ts';
export {
  EMPTY_ROOT,
  LEAF_DOMAIN,
  MAX_PROOF_STEPS,
  leafHash,
  merkleRoot,
  merkleTree,
  nodeHash,
  verifyMerkleProof,
} from './merkle.ts';
export type { LeafDomain, MerkleTree } from './merkle.ts';
export { canReachQuorum, isQuorum } from './quorum.ts';
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
export { SEAL_OVERHEAD, boxKeyOf, generateBoxKey, openSealed, seal } from './sealed-box.ts';
export type { BoxKey } from './sealed-box.ts';
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
export { shareWeek } from './share-week.ts';
export type { FinalHour, WeekFacts, WeekShares } from './share-week.ts';
export { createSessionKey, signedMessage, signerOf, verifySignature } from './signing.ts';
export type { SignBytes } from './signing.ts';
export {
  ATTEST_BYTES,
  COUNTER_BYTES,
  KEY_REQUEST_BYTES,
  decodeAttest,
  decodeCounter,
  decodeKeyRequest,
  encodeAttest,
  encodeCounter,
  encodeKeyRequest,
  signAttest,
  signCounter,
  signKeyRequest,
  verifyAttestSignature,
  verifyCounterSignature,
  verifyKeyRequestSignature,
} from './statements.ts';
export type { Attest, AttestBody, Counter, CounterBody, KeyRequest, KeyRequestBody } from './statements.ts';
export {
  TICKET_BYTES,
  checkTicket,
  decodeTicket,
  encodeTicket,
  parseTicketHeader,
  signTicket,
  ticketHeader,
  verifyTicketSignature,
} from './ticket.ts';
export type { Ticket, TicketBody, TicketRefusal } from './ticket.ts';
export {
  SAMPLES_PER_HOUR,
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
export type { HourPhase, HourWindows, Periods } from './time.ts';
