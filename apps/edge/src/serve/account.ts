import { createHash } from 'node:crypto';
import type { Caps } from '../caps/caps.ts';
import type { Ledger } from '../journal/ledger.ts';
import type { Session, PhasesDesk } from '../session/session-desk.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import type { Tally } from './tally.ts';

/** Who pays for a response and what it carries: handed to the front, which gives it back with every write. */
export interface Account {
  readonly tenant: Tenant;
  readonly session: Session | undefined;
  /** Whether its body had its turn under the operator's cap before it left. */
  readonly paced?: boolean;
  /** The whole object this is, or is a part of; known for what the cache has verified. */
  object: ServedObject | undefined;
}

export interface ServedObject {
  /** SHA-256 of the target, hex. */
  readonly target: string;
  /** SHA-256 of the body, hex. */
  readonly body: string;
  readonly size: number;
  /** Hour in which it was last put on the digest list; spares the look-up on every write. */
  notedHour: number;
}

const SAMPLES = 12;

export function servedObject(target: string, bodySha256: Buffer, size: number): ServedObject {
  return {
    target: createHash('sha256').update(target, 'latin1').digest('hex'),
    body: bodySha256.toString('hex'),
    size,
    notedHour: -1,
  };
}

export interface AccountingDeps {
  readonly ledger: Ledger;
  readonly desk: PhasesDesk;
  readonly tally: Tally;
  readonly caps: Pick<Caps, 'left'>;
  /** Sample that bytes are counted for now. */
  readonly sample: () => number;
}

/** The last phase: bytes that left the process, put to a resource, a sample, a session. */
export type Accounting = (account: Account | undefined, headBytes: number, bodyBytes: number) => void;

export function createAccounting(deps: AccountingDeps): Accounting {
  const { ledger, desk, tally, caps } = deps;
  return (account, headBytes, bodyBytes) => {
    const bytes = headBytes + bodyBytes;
    if (bytes === 0) return;
    caps.left(bytes, account?.paced === true ? bodyBytes : 0);
    if (account === undefined) {
      tally.wroteUnbilled(bytes);
      return;
    }
    tally.wrote(bytes);
    const { tenant, session, object } = account;
    // In a session a receipt may have counted them before their write came back.
    const counted = session === undefined ? bytes : desk.written(session, headBytes, bodyBytes);
    const sample = ledger.addServed(tenant.key, deps.sample(), counted);
    tenant.quota.spend(bytes);
    tenant.share.spend(bytes);
    if (object === undefined || bodyBytes === 0) return;
    const hour = Math.floor(sample / SAMPLES);
    if (object.notedHour === hour) return;
    object.notedHour = hour;
    ledger.addDigest(hour, tenant.key, { target: object.target, body: object.body, size: object.size });
  };
}
