import { addressBytes, addressOf } from './address.ts';
import { concatBytes, recordReader, recordWriter } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

/** What an edge asks another edge of the network for, before it asks the origin (docs/evidence.md, Between edges). */
export interface TierQuestion {
  readonly scheme: 'http' | 'https';
  /** As the viewer asked for it. */
  readonly host: string;
  readonly target: string;
  /** Fields that answers may be told apart by, name, value, … */
  readonly fields: readonly string[];
}

export interface TierAskBody {
  /** Account of the edge that asks. */
  readonly asker: string;
  /** Account of the edge that is asked: no other takes it. */
  readonly asked: string;
  readonly resource: string;
  /** What settings ask and keep, 8 bytes: edges whose settings differ in that have other objects. */
  readonly shape: Uint8Array;
  readonly unixSecs: bigint;
  /** 16 bytes; an answer is good for the one question. */
  readonly nonce: Uint8Array;
  readonly question: TierQuestion;
}
export interface TierAsk extends TierAskBody {
  readonly signature: Uint8Array;
}

/** Head of what is answered: an object that everybody gets who asks so. */
export interface TierHead {
  readonly status: number;
  readonly fields: readonly string[];
}

const HEAD_BYTES = 132;
const SIGNATURE_BYTES = 64;
/** Longest question; a target has 8 KiB at most. */
export const MAX_TIER_ASK_BYTES = 32_768;
/** Longest head of an answer. */
const MAX_TIER_HEAD_BYTES = 65_536;

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string') && value.length % 2 === 0;

function askBody(ask: TierAskBody): Uint8Array {
  const { scheme, host, target, fields } = ask.question;
  const question = new TextEncoder().encode(JSON.stringify([scheme, host, target, fields]));
  return concatBytes([
    recordWriter(HEAD_BYTES)
      .bytes(addressBytes(ask.asker), 32)
      .bytes(addressBytes(ask.asked), 32)
      .bytes(addressBytes(ask.resource), 32)
      .bytes(ask.shape, 8)
      .u32(question.length)
      .u64(ask.unixSecs)
      .bytes(ask.nonce, 16)
      .done(),
    question,
  ]);
}

export async function encodeTierAsk(ask: TierAskBody, sign: SignBytes): Promise<Uint8Array> {
  const body = askBody(ask);
  return concatBytes([body, await sign(signedMessage('tier ask v1', body))]);
}

/** Undefined unless it is a question to the last byte; the signature is not looked at. */
export function decodeTierAsk(data: Uint8Array): TierAsk | undefined {
  if (data.length < HEAD_BYTES + SIGNATURE_BYTES || data.length > MAX_TIER_ASK_BYTES) return undefined;
  const read = recordReader(data);
  const asker = addressOf(read.bytes(32));
  const asked = addressOf(read.bytes(32));
  const resource = addressOf(read.bytes(32));
  const shape = read.bytes(8);
  const length = read.u32();
  const unixSecs = read.u64();
  const nonce = read.bytes(16);
  if (read.left() !== length + SIGNATURE_BYTES) return undefined;
  const question = readQuestion(read.bytes(length));
  if (question === undefined) return undefined;
  return {
    asker,
    asked,
    resource,
    shape,
    unixSecs,
    nonce,
    question,
    signature: read.bytes(SIGNATURE_BYTES),
  };
}

function readQuestion(bytes: Uint8Array): TierQuestion | undefined {
  const value = readJson(bytes);
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const [scheme, host, target, fields]: readonly unknown[] = value;
  if (scheme !== 'http' && scheme !== 'https') return undefined;
  if (typeof host !== 'string' || typeof target !== 'string' || !isTexts(fields)) return undefined;
  if (!/^\/[\x21-\x7e]*$/.test(target) || !fields.every((text) => /^[\t\x20-\x7e\x80-\xff]*$/.test(text)))
    return undefined;
  return { scheme, host, target, fields };
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

export function verifyTierAsk(data: Uint8Array, operator: string): Promise<boolean> {
  const at = data.length - SIGNATURE_BYTES;
  return verifySignature(operator, data.subarray(at), signedMessage('tier ask v1', data.subarray(0, at)));
}

async function answerMessage(ask: Uint8Array, answer: Uint8Array): Promise<Uint8Array> {
  const [question, said] = await Promise.all(
    [ask, answer].map(
      async (part) => new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(part))),
    ),
  );
  return signedMessage(
    'tier answer v1',
    concatBytes([question ?? new Uint8Array(), said ?? new Uint8Array()]),
  );
}

/** An answer to exactly this question: signature ‖ u32 length of the head ‖ head ‖ body. */
export async function encodeTierAnswer(
  ask: Uint8Array,
  head: TierHead,
  body: Uint8Array,
  sign: SignBytes,
): Promise<Uint8Array> {
  const text = new TextEncoder().encode(JSON.stringify([head.status, head.fields]));
  const said = concatBytes([recordWriter(4).u32(text.length).done(), text, body]);
  return concatBytes([await sign(await answerMessage(ask, said)), said]);
}

/** Undefined unless the edge that was asked has signed it, for this question. */
export async function openTierAnswer(
  ask: Uint8Array,
  data: Uint8Array,
  operator: string,
): Promise<{ readonly head: TierHead; readonly body: Uint8Array } | undefined> {
  if (data.length < SIGNATURE_BYTES + 4) return undefined;
  const said = data.subarray(SIGNATURE_BYTES);
  const length = recordReader(said.subarray(0, 4)).u32();
  if (length > MAX_TIER_HEAD_BYTES || length > said.length - 4) return undefined;
  if (!(await verifySignature(operator, data.subarray(0, SIGNATURE_BYTES), await answerMessage(ask, said))))
    return undefined;
  const value = readJson(said.subarray(4, 4 + length));
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [status, fields]: readonly unknown[] = value;
  if (typeof status !== 'number' || !isTexts(fields)) return undefined;
  return { head: { status, fields }, body: said.subarray(4 + length) };
}
