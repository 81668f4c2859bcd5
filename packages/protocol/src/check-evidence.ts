import { parseAddress } from './address.ts';
import { fromHex, toHex } from './bytes.ts';
import { COMMIT_BYTES, contradicts, decodeCommit, encodeCommit, verifyCommitSignature } from './counters.ts';
import type { Commit } from './counters.ts';

/** Two signed commits of one edge for one boot, hour and slot that differ. `a` and `b` are whole commits in hex. */
export interface EvidenceFile {
  readonly kind: 'contradicting-counters';
  /** Account of the edge. */
  readonly edge: string;
  readonly a: string;
  readonly b: string;
}

/** Longest evidence file that is read. */
export const MAX_EVIDENCE_BYTES = 4_096;

export type EvidenceFinding =
  | {
      readonly kind: 'valid';
      readonly edge: string;
      readonly hour: bigint;
      readonly a: Commit;
      readonly b: Commit;
    }
  | { readonly kind: 'invalid'; readonly why: string };

const invalid = (why: string): EvidenceFinding => ({ kind: 'invalid', why });

export function evidenceOf([a, b]: readonly [Commit, Commit]): EvidenceFile {
  return {
    kind: 'contradicting-counters',
    edge: a.edge,
    a: toHex(encodeCommit(a)),
    b: toHex(encodeCommit(b)),
  };
}

/**
 * Whether an evidence file shows what it says, with nothing but the chain's keys: `operatorsOf` gives those that signed
 * for the edge in an hour, none for an edge that the chain does not know. `file` is parsed JSON of a stranger.
 */
export async function checkEvidence(
  file: unknown,
  operatorsOf: (edge: string, hour: bigint) => readonly string[],
): Promise<EvidenceFinding> {
  if (typeof file !== 'object' || file === null) return invalid('it is no JSON object');
  const field = (name: string): unknown => Object.entries(file).find(([key]) => key === name)?.[1];
  if (field('kind') !== 'contradicting-counters')
    return invalid(`its kind is not known: ${String(field('kind')).slice(0, 40)}`);
  const edge = field('edge');
  if (typeof edge !== 'string' || parseAddress(edge) === undefined) return invalid('its edge is no address');
  const [a, b] = [commitOf(field('a')), commitOf(field('b'))];
  if (a === undefined || b === undefined)
    return invalid(`${a === undefined ? 'a' : 'b'} is no commit in hex`);
  if (a.edge !== edge || b.edge !== edge) return invalid('a commit is of another edge');
  if (a.boot !== b.boot || a.hour !== b.hour || a.slot !== b.slot)
    return invalid('the commits are of different boots, hours or slots: both may be true');
  if (!contradicts(a, b)) return invalid('the commits say the same');
  const operators = operatorsOf(edge, a.hour);
  if (operators.length === 0) return invalid(`the chain has no such edge: ${edge}`);
  for (const [name, commit] of [
    ['a', a],
    ['b', b],
  ] as const)
    if (!(await signedByOne(commit, operators)))
      return invalid(`${name} is not signed by the edge's operator in hour ${a.hour}`);
  return { kind: 'valid', edge, hour: a.hour, a, b };
}

function commitOf(value: unknown): Commit | undefined {
  const bytes = typeof value === 'string' ? fromHex(value, COMMIT_BYTES) : undefined;
  return bytes === undefined ? undefined : decodeCommit(bytes);
}

async function signedByOne(commit: Commit, operators: readonly string[]): Promise<boolean> {
  for (const operator of operators) {
    if (await verifyCommitSignature(commit, operator)) return true;
  }
  return false;
}
