import { execFile } from 'node:child_process';
import { MediaError } from '@media-network/runtime';

/** Whoever answers DNS for a name: has TXT records there for DNS-01 (RFC 8555 §8.4), and takes them away. */
export interface DnsPublisher {
  /** Whether it has records for the zone itself, so that one certificate can be for all of its names. */
  readonly wholeZone: boolean;
  /** Resolves when whoever asks is answered with it. */
  publish(name: string, value: string): Promise<void>;
  withdraw(name: string, value: string): Promise<void>;
}

const TIMEOUT_MS = 120_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

/** A program of the operator's: `<program> publish|withdraw <name> <value>`, which ends with 0 when that is done. */
export function createDnsHook(program: string): DnsPublisher {
  const run = (what: string, name: string, value: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const limits = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
      // Without a shell: names come from publishers.
      execFile(program, [what, name, value], limits, (error, _stdout, stderr) => {
        if (error === null) resolve();
        else
          reject(
            new MediaError({
              code: 'certificates/dns-hook-failed',
              message: `The program for TXT records, ${program}, does not ${what} ${name}: ${stderr.trim().slice(0, 300) || error.message}`,
              source: 'client',
              retry: true,
              cause: error,
            }),
          );
      });
    });
  return {
    wholeZone: true,
    publish: (name, value) => run('publish', name, value),
    withdraw: (name, value) => run('withdraw', name, value),
  };
}
