import { createHash } from 'node:crypto';
import type { JoinMessage } from '@media-network/peerpool/tracker-messages';
import { decodeSwarmPass, swarmOf, toHex, verifySwarmPass } from '@media-network/protocol';
import type { SwarmPass } from '@media-network/protocol';
import type { Admission, Caller } from './tracker.ts';

/** What a tracker asks the chain. */
export interface AdmissionDeps {
  /** The key that an active edge signs with; undefined of anybody else. */
  readonly operatorOf: (edge: string) => Promise<string | undefined>;
  /** Whether a resource is served. */
  readonly isServed: (resource: string) => Promise<boolean>;
  /** Whether LP stands for a domain, and its notice is not over. */
  readonly isAllowed: (domain: string) => Promise<boolean>;
  /** Unix seconds by the chain's clock. */
  readonly now: () => Promise<bigint>;
}

const refused = (code: string, message: string, retryMs: number): Admission => ({
  kind: 'refused',
  code,
  message,
  retryMs,
});

/** Longest that a pass may be good for: an edge gives ten minutes. */
const MAX_PASS_SECS = 3_600n;
/** A chain that does not answer may answer in a while. */
const UNREACHABLE = refused('tracker/chain-unreachable', 'The chain does not answer this tracker.', 10_000);

/**
 * Who may join: with an edge's pass, viewers of a resource that was served to them; without one, pages of a domain that
 * LP is staked for (whitepaper §3.5), by the `Origin` that a browser says and a page cannot change.
 */
export function createAdmission(
  deps: AdmissionDeps,
): (join: JoinMessage, caller: Caller) => Promise<Admission> {
  async function byPass(pass: SwarmPass): Promise<Admission> {
    const now = await deps.now();
    if (pass.expires <= now || pass.expires > now + MAX_PASS_SECS)
      return refused('tracker/pass-expired', 'The pass is not of now: ask the edge for another.', 1_000);
    const operator = await deps.operatorOf(pass.edge);
    if (operator === undefined || !(await verifySwarmPass(pass, operator)))
      return refused(
        'tracker/pass-invalid',
        'The pass is not signed by an active edge of the network.',
        60_000,
      );
    if (!(await deps.isServed(pass.resource)))
      return refused('tracker/not-served', 'The resource is not served.', 60_000);
    return { kind: 'admitted', swarm: toHex(await swarmOf(pass)) };
  }

  async function byDomain(swarm: string, { origin }: Caller): Promise<Admission> {
    const host = URL.parse(origin ?? '')?.hostname ?? '';
    if (host === '' || !(await deps.isAllowed(host)))
      return refused(
        'tracker/domain-not-allowed',
        `No LP stands for pages of ${host === '' ? 'nowhere' : host} ("media peerpool add" allows a domain).`,
        600_000,
      );
    // Domains do not meet: who stands for one does not pay for another.
    return { kind: 'admitted', swarm: createHash('sha256').update(`domain ${host} ${swarm}`).digest('hex') };
  }

  return async (join, caller) => {
    try {
      if (join.pass !== undefined) {
        const pass = decodeSwarmPass(join.pass);
        if (pass === undefined) return refused('tracker/pass-invalid', 'The pass is none.', 600_000);
        return await byPass(pass);
      }
      if (join.swarm !== undefined) return await byDomain(join.swarm, caller);
      return refused('tracker/malformed', 'Name what is watched, or show a pass.', 600_000);
    } catch {
      return UNREACHABLE;
    }
  };
}
