import type { CertificatePair } from '@media-network/certificates';
import type { Clock } from '@media-network/runtime';
import type { FromWorker } from './messages.ts';

/** A worker's questions for certificates, to the process that keeps them. */
export interface CertificateLine {
  readonly find: (name: string, proof: boolean) => Promise<CertificatePair | undefined>;
  told(seq: number, pair: CertificatePair | undefined): void;
}

/** Below the limit of a handshake: who waits longer gets what there is for all. */
const PATIENCE_MS = 5_000;

export function createCertificateLine({
  say,
  clock,
}: {
  readonly say: (message: FromWorker) => Promise<void>;
  readonly clock: Pick<Clock, 'sleep'>;
}): CertificateLine {
  const asked = new Map<number, (pair: CertificatePair | undefined) => void>();
  let seq = 0;
  return {
    async find(name, proof) {
      seq += 1;
      const no = seq;
      const answer = new Promise<CertificatePair | undefined>((resolve) => asked.set(no, resolve));
      const waiting = new AbortController();
      void say({ kind: 'certificate', seq: no, name, proof });
      try {
        return await Promise.race([answer, clock.sleep(PATIENCE_MS, waiting.signal).then(() => undefined)]);
      } finally {
        waiting.abort();
        asked.delete(no);
      }
    },
    told: (no, pair) => asked.get(no)?.(pair),
  };
}
