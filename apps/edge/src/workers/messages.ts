import type { CertificatePair } from '@media-network/certificates';
import type { EntryMeta } from '@media-network/http-cache';
import type { LogLevel } from '@media-network/runtime/daemon';
import type { OriginFacts } from '../origin/origin-settings.ts';

/** A place where workers accept viewers. */
export type ListenerKind = 'http' | 'https';

/** An object that a worker may answer by itself. */
export interface Offer {
  readonly id: number;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly target: string;
  readonly meta: EntryMeta;
  readonly sha256: Uint8Array;
  readonly body: Uint8Array;
  /** Whether the edge coded it: parts of it are nobody's. */
  readonly coded: boolean;
}

/** What the process with the books tells a worker, over Node's channel between parent and child; in order. */
export type ToWorker =
  | {
      readonly kind: 'start';
      readonly no: number;
      /** Local socket for what the worker cannot answer by itself. */
      readonly door: string;
      /** Undefined: no HTTPS. `fallback`: for who names no server, or one that there is nothing for. */
      readonly tls:
        | { readonly fallback: CertificatePair | undefined; readonly ticketKeys: Buffer }
        | undefined;
      readonly maxAssembledBytes: number;
      readonly logLevel: LogLevel;
      readonly logFile: string;
      readonly accessLog: boolean;
    }
  /** Accept at this place, with the socket that comes with the message, or with one of its own. */
  | {
      readonly kind: 'listen';
      readonly slot: number;
      readonly listener: ListenerKind;
      readonly host: string;
      readonly port: number;
      readonly reusePort: boolean;
    }
  /** Somebody else accepts there again. */
  | { readonly kind: 'unlisten'; readonly slot: number }
  /** How much may be served under a host without asking, and what its variants are told apart by. */
  | {
      readonly kind: 'host';
      readonly host: string;
      /** Bytes from now on; 0: none. */
      readonly room: number;
      readonly settings: OriginFacts;
    }
  | { readonly kind: 'offer'; readonly offer: Offer }
  /** Serve these no more, and say so. */
  | { readonly kind: 'drop'; readonly ids: readonly number[]; readonly seq: number }
  /** What was asked for; none: there is nothing for this name. */
  | { readonly kind: 'certificate'; readonly seq: number; readonly pair: CertificatePair | undefined }
  /** Ask anew for these names; the fallback may be another. */
  | {
      readonly kind: 'certificates';
      readonly names: readonly string[];
      readonly fallback: CertificatePair | undefined;
    }
  /** Say what was counted, and then `counted` with this number. */
  | { readonly kind: 'count'; readonly seq: number }
  | { readonly kind: 'drain'; readonly graceMs: number; readonly idleMs: number };

/** Bytes and hits of one object since they were last told. */
export interface HotCount {
  readonly id: number;
  readonly head: number;
  readonly body: number;
  readonly hits: number;
  /** Bytes of bodies in these hits, whether they have left or not. */
  readonly hitBytes: number;
}

/** What a front has counted since it last told; gauges are as they are. */
export interface FrontCounts {
  readonly connections: number;
  readonly fast: number;
  readonly slow: number;
  readonly refused: number;
  readonly openConnections: number;
  readonly unbilledBytes: number;
  /** Reason → how often. */
  readonly refusals: readonly (readonly [reason: string, times: number])[];
}

export type FromWorker =
  | { readonly kind: 'ready' }
  /** With the socket, where the worker made it. */
  | {
      readonly kind: 'listening';
      readonly slot: number;
      readonly host: string;
      readonly port: number;
      readonly made: boolean;
    }
  | { readonly kind: 'listen-failed'; readonly slot: number; readonly code: string; readonly message: string }
  | { readonly kind: 'counts'; readonly hot: readonly HotCount[]; readonly front: FrontCounts | undefined }
  /** `told`: bytes of answers from the other process that it was told of so far. */
  | { readonly kind: 'counted'; readonly seq: number; readonly told: number }
  | { readonly kind: 'dropped'; readonly seq: number }
  /** Which certificate has this server name? */
  | { readonly kind: 'certificate'; readonly seq: number; readonly name: string; readonly proof: boolean }
  /** No answer from these copies is under way any more. */
  | { readonly kind: 'settled'; readonly ids: readonly number[] };
