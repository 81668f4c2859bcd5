import type { Found } from '@media-network/chain';
import { decodeWitnessPost, hourAt, sessionKey, toHex, verifyWitness } from '@media-network/protocol';
import type { Witness } from '@media-network/protocol';
import type { Clock } from '@media-network/runtime';
import type { SettingsReader } from '../authorise/settings-reader.ts';
import { byAddress } from '../network.ts';
import type { Network } from '../network.ts';
import type { OriginBodies } from '../probe/origin-bodies.ts';
import type { Prober } from '../probe/prober.ts';
import type { TargetPool } from '../probe/target-pool.ts';
import { resourceIn } from '../resource-hours.ts';
import { createSlots } from '../slots.ts';
import type { HourBook } from '../state/hour-book.ts';

export interface WitnessDeps {
  readonly network: Network;
  readonly settings: SettingsReader;
  readonly prober: Pick<Prober, 'learn'>;
  readonly targets: TargetPool;
  readonly bodies: OriginBodies;
  readonly book: HourBook;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

export type WitnessAnswer =
  | { readonly kind: 'taken' }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 403 | 404 | 429;
      readonly code: string;
      readonly message: string;
    };

/** What viewers with a publisher's token say they got of edges (docs/evidence.md, Judgement). */
export interface WitnessDesk {
  take(post: Uint8Array): Promise<WitnessAnswer>;
  close(): Promise<void>;
}

/** Statements about one edge and resource in an hour; the threshold needs far fewer. */
const MAX_EACH = 64;
/** Of them by one session: it takes many viewers to use up what is heard. */
const MAX_OF_SESSION = 4;
/** Origins asked at the same time for what a viewer saw. */
const PARALLEL = 8;
const MAX_REMEMBERED = 100_000;

const refused = (status: 400 | 403 | 404 | 429, code: string, message: string): WitnessAnswer => ({
  kind: 'refused',
  status,
  code,
  message,
});

export function createWitnessDesk(deps: WitnessDeps): WitnessDesk {
  const { network, book, bodies } = deps;
  const slots = createSlots(PARALLEL, deps.onFailure);
  /** Statements taken, by edge, resource and hour: session, target and body of each. */
  const taken = new Map<string, Set<string>>();

  async function judge(
    witness: Witness,
    by: string,
    resource: Found<'resource'>,
    hour: bigint,
  ): Promise<void> {
    const target = toHex(witness.targetHash);
    const bodyHash = toHex(witness.bodyHash);
    const found = (): 'right' | 'wrong' | 'unknown' =>
      bodies.judge(witness.resource, target, bodyHash, deps.clock.nowMs());
    if (found() === 'unknown') {
      // Only what the guard has met itself can it ask for: a hash names no target.
      const named = deps.targets.named(witness.resource, target);
      const settings = named === undefined ? undefined : await deps.settings.read(resource);
      if (named === undefined || settings === undefined) return;
      await deps.prober.learn(witness.resource, settings.settings, named);
    }
    const finding = found();
    if (finding === 'unknown') return;
    book.addLook(witness.edge, hour, { resource: witness.resource, target, bodyHash, finding, by });
  }

  return {
    async take(post) {
      const parsed = decodeWitnessPost(post);
      if (parsed === undefined)
        return refused(400, 'witness/malformed', 'Send a token (165 bytes) and a witness (217 bytes).');
      const { token, witness } = parsed;
      const snapshot = await network.snapshot();
      const resource = byAddress(snapshot).get(witness.resource);
      if (resource === undefined)
        return refused(404, 'witness/unknown-resource', 'There is no such resource.');
      if (!snapshot.edges.some(({ address }) => address === witness.edge))
        return refused(404, 'witness/unknown-edge', 'There is no such edge.');
      const current = hourAt(snapshot.config, await network.chainNow());
      if (token.hour > current || token.hour + 1n < current)
        return refused(403, 'witness/wrong-hour', 'The token is not of this hour or the one before.');
      const { vouchingKey } = resourceIn(resource, token.hour);
      if (vouchingKey === undefined || !(await verifyWitness(token, witness, vouchingKey)))
        return refused(403, 'witness/bad-signature', 'The statement is not by a session of the publisher.');

      const target = toHex(witness.targetHash);
      const bodyHash = toHex(witness.bodyHash);
      // Of what the guard knows nothing it can say nothing; heard and counted, it would keep others from being heard.
      if (
        deps.targets.named(witness.resource, target) === undefined &&
        bodies.judge(witness.resource, target, bodyHash, deps.clock.nowMs()) === 'unknown'
      )
        return { kind: 'taken' };
      const cell = `${witness.edge} ${witness.resource} ${token.hour}`;
      const said = taken.get(cell) ?? new Set<string>();
      taken.set(cell, said);
      for (const oldest of taken.keys()) if (taken.size > MAX_REMEMBERED) taken.delete(oldest);
      const by = sessionKey(token);
      const statement = `${by} ${target} ${bodyHash}`;
      // Said before: nothing new.
      if (said.has(statement)) return { kind: 'taken' };
      const own = [...said].filter((each) => each.startsWith(`${by} `)).length;
      if (said.size >= MAX_EACH || own >= MAX_OF_SESSION)
        return refused(
          429,
          'witness/too-many',
          'Enough has been said of this edge and resource in this hour.',
        );
      said.add(statement);
      slots.start(`${cell} ${statement}`, () => judge(witness, by, resource, token.hour));
      return { kind: 'taken' };
    },
    close: () => slots.close(),
  };
}
