import { factsOf } from '@media-network/certificates';
import type { CertificatePair } from '@media-network/certificates';
import type { Orders } from './open-orders.ts';

/** A certificate as it is told of: nothing in it is secret. Times in Unix milliseconds. */
export interface CertificateView {
  /** Whom it is for; a wildcard as `*.example`. */
  readonly name: string;
  /** `own`: of the operator's files. `local`: of the local authority. `acme`: of a CA. */
  readonly source: 'own' | 'local' | 'acme';
  /** `served`, or why not: an order is under way, or the next one is waited for. */
  readonly state: 'served' | 'ordered' | 'waiting';
  readonly issuer: string | undefined;
  readonly untilMs: number | undefined;
  readonly renewAtMs: number | undefined;
  readonly lastError: { readonly code: string; readonly message: string; readonly atMs: number } | undefined;
  /** When it is tried again. */
  readonly retryAtMs: number | undefined;
}

const NONE = {
  issuer: undefined,
  untilMs: undefined,
  renewAtMs: undefined,
  lastError: undefined,
  retryAtMs: undefined,
};

export function viewOfPair(source: 'own' | 'local', { cert }: CertificatePair): readonly CertificateView[] {
  const { names, issuer, untilMs } = factsOf(cert);
  // One made without names in it is served all the same.
  return (names.length === 0 ? [''] : names).map((name) => ({
    ...NONE,
    name,
    source,
    state: 'served',
    issuer,
    untilMs,
  }));
}

export function viewOfOrders({ held, desk }: Pick<Orders, 'held' | 'desk'>): readonly CertificateView[] {
  const records = new Map(desk.records().map((record) => [record.name, record]));
  const served = held.all().map(({ name, issuer, untilMs, renewAtMs }): CertificateView => {
    const record = records.get(name);
    records.delete(name);
    return {
      ...NONE,
      ...troubleOf(record),
      name,
      source: 'acme',
      state: 'served',
      issuer,
      untilMs,
      renewAtMs,
    };
  });
  const others = [...records.values()].map((record): CertificateView => ({
    ...NONE,
    ...troubleOf(record),
    name: record.name,
    source: 'acme',
    state: record.order === undefined ? 'waiting' : 'ordered',
  }));
  return [...served, ...others];
}

function troubleOf(
  record: ReturnType<Orders['desk']['records']>[number] | undefined,
): Partial<Pick<CertificateView, 'lastError' | 'retryAtMs'>> {
  if (record?.lastError === undefined) return {};
  return { lastError: record.lastError, retryAtMs: record.notBeforeMs };
}
