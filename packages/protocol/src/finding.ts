import { addressBytes, addressOf } from './address.ts';
import { concatBytes, recordReader, recordWriter } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

/** What a guard saw of the bytes of an edge with its own probes, over some hours: told to other guards, who look for themselves. */
export interface FindingBody {
  /** Account of the guard. */
  readonly guard: string;
  readonly edge: string;
  /** Hours that it counts, both included. */
  readonly from: bigint;
  readonly until: bigint;
  /** Own looks that could be judged, and those of them that were not the origin's bytes. */
  readonly looks: number;
  readonly wrong: number;
  /** Where the last wrong answer was: the resource, and SHA-256 of the target (32 bytes). Whoever knows no target of that hash looks at another. */
  readonly resource: string;
  readonly target: Uint8Array;
}
export interface Finding extends FindingBody {
  readonly signature: Uint8Array;
}

/** `version u8 = 1 ‖ guard 32 ‖ edge 32 ‖ from u64 ‖ until u64 ‖ looks u32 ‖ wrong u32 ‖ resource 32 ‖ target 32 ‖ signature 64`. */
export const FINDING_BYTES = 217;
/** Of one guard in one answer: an asker checks a signature for each, and keeps them. Those with most wrong answers come first. */
export const MAX_FINDINGS = 256;
export const MAX_FINDING_LIST_BYTES: number = 4 + MAX_FINDINGS * FINDING_BYTES;
const VERSION = 1;

function body(finding: FindingBody): Uint8Array {
  return recordWriter(FINDING_BYTES - 64)
    .bytes(new Uint8Array([VERSION]), 1)
    .bytes(addressBytes(finding.guard), 32)
    .bytes(addressBytes(finding.edge), 32)
    .u64(finding.from)
    .u64(finding.until)
    .u32(finding.looks)
    .u32(finding.wrong)
    .bytes(addressBytes(finding.resource), 32)
    .bytes(finding.target, 32)
    .done();
}

export async function signFinding(finding: FindingBody, sign: SignBytes): Promise<Finding> {
  return { ...finding, signature: await sign(signedMessage('finding v1', body(finding))) };
}

export function encodeFinding(finding: Finding): Uint8Array {
  return concatBytes([body(finding), finding.signature]);
}

/** Undefined unless it is a finding to the last byte that can be true: no more wrong answers than looks, hours in order. */
export function decodeFinding(data: Uint8Array): Finding | undefined {
  if (data.length !== FINDING_BYTES || data[0] !== VERSION) return undefined;
  const read = recordReader(data.subarray(1));
  const finding = {
    guard: addressOf(read.bytes(32)),
    edge: addressOf(read.bytes(32)),
    from: read.u64(),
    until: read.u64(),
    looks: read.u32(),
    wrong: read.u32(),
    resource: addressOf(read.bytes(32)),
    target: read.bytes(32),
    signature: read.bytes(64),
  };
  return finding.wrong > finding.looks || finding.wrong === 0 || finding.from > finding.until
    ? undefined
    : finding;
}

export function verifyFindingSignature(finding: Finding, operator: string): Promise<boolean> {
  return verifySignature(operator, finding.signature, signedMessage('finding v1', body(finding)));
}

/** Findings beyond what a list holds are left out of it. */
export function encodeFindingList(findings: readonly Finding[]): Uint8Array {
  const told = findings.slice(0, MAX_FINDINGS);
  return concatBytes([recordWriter(4).u32(told.length).done(), ...told.map(encodeFinding)]);
}

/** Undefined unless it is a list to the last byte. */
export function decodeFindingList(data: Uint8Array): readonly Finding[] | undefined {
  if (data.length < 4 || data.length > MAX_FINDING_LIST_BYTES) return undefined;
  const read = recordReader(data);
  const count = read.u32();
  if (read.left() !== count * FINDING_BYTES) return undefined;
  const found: Finding[] = [];
  for (let i = 0; i < count; i += 1) {
    const finding = decodeFinding(read.bytes(FINDING_BYTES));
    if (finding === undefined) return undefined;
    found.push(finding);
  }
  return found;
}

/** A guard asks another what it found: whoever is looked at must not know, so guards alone are told. */
export interface FindingRequestBody {
  /** Account of the guard that asks. */
  readonly asker: string;
  readonly unixSecs: bigint;
}
export interface FindingRequest extends FindingRequestBody {
  readonly signature: Uint8Array;
}

/** `asker 32 ‖ unix seconds u64 ‖ signature 64`. */
export const FINDING_REQUEST_BYTES = 104;

function requestBody({ asker, unixSecs }: FindingRequestBody): Uint8Array {
  return recordWriter(FINDING_REQUEST_BYTES - 64)
    .bytes(addressBytes(asker), 32)
    .u64(unixSecs)
    .done();
}

export async function signFindingRequest(
  request: FindingRequestBody,
  sign: SignBytes,
): Promise<FindingRequest> {
  return { ...request, signature: await sign(signedMessage('finding request v1', requestBody(request))) };
}

export function encodeFindingRequest(request: FindingRequest): Uint8Array {
  return concatBytes([requestBody(request), request.signature]);
}

export function decodeFindingRequest(data: Uint8Array): FindingRequest | undefined {
  if (data.length !== FINDING_REQUEST_BYTES) return undefined;
  const read = recordReader(data);
  return { asker: addressOf(read.bytes(32)), unixSecs: read.u64(), signature: read.bytes(64) };
}

export function verifyFindingRequestSignature(request: FindingRequest, operator: string): Promise<boolean> {
  return verifySignature(
    operator,
    request.signature,
    signedMessage('finding request v1', requestBody(request)),
  );
}
