import type { ZoneSigner } from './dnssec/zone-signer.ts';
import type { Reply } from './reply.ts';
import type { Rrset } from './rrset.ts';

/** Who an answer is for: a resolver's own address, or the subnet that it says its client is in. Overwritten by the next packet. */
export interface Asker {
  /** 4 or 6. */
  family: 4 | 6;
  /** The first `bits` count; zero beyond. */
  readonly address: Uint8Array;
  bits: number;
  /** Set by what chooses: how many bits of the address it has looked at. */
  scopeBits: number;
}

/** What is at a name. */
export interface ZoneNode {
  readonly rrsets: ReadonlyMap<number, Rrset>;
  /** Types whose records follow from who asks. */
  readonly tailoredTypes: readonly number[];
  /** The records of a tailored type; undefined where there are none. */
  readonly tailored?: (type: number, asker: Asker) => Rrset | undefined;
}

/** A zone at one moment: nothing of it changes, and another takes its place. */
export interface Zone {
  /** On the wire, lower case. */
  readonly apex: Uint8Array;
  /** `below`: the lower-case wire bytes in front of the apex, one character a byte; empty for the apex itself. */
  find(below: string): ZoneNode | undefined;
  readonly negative: { readonly noData: Reply; readonly noName: Reply };
  /** Signs for clients that want it; undefined where the zone is not signed. Its apex has an SOA, then. */
  readonly signer?: ZoneSigner | undefined;
  /** All that it holds, each name as anybody would get it, for servers that keep a copy; undefined where there is none to keep. */
  readonly contents?: (() => Iterable<ZoneContent>) | undefined;
}

/** The records of one name. */
export interface ZoneContent {
  /** As `Zone.find` takes it. */
  readonly below: string;
  readonly rrsets: readonly Rrset[];
}
