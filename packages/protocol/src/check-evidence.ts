import { parseAddress } from './address.ts';
import { fromHex, toHex } from './bytes.ts';
import {
  COMMIT_BYTES,
  commitMessage,
  contradicts,
  decodeCommit,
  encodeCommit,
  verifyCommitSignature,
} from './counters.ts';
import type { Commit } from './counters.ts';
import {
  MAX_EDGE_VIEW_BYTES,
  decodeEdgeView,
  edgeViewMessage,
  verifyEdgeViewSignature,
} from './edge-view.ts';
import type { EdgeView } from './edge-view.ts';
import { saturatingAdd } from './integer.ts';

/** Two signed commits of one edge for one boot, hour and slot that differ. `a` and `b` are whole commits in hex. */
export interface CountersFile {
  readonly kind: 'contradicting-counters';
  /** Account of the edge. */
  readonly edge: string;
  readonly a: string;
  readonly b: string;
}

/** Two signed commits of one edge around an hour between which its counters rose by less than it reported of the hour. */
export interface OverreportFile {
  readonly kind: 'report-above-counters';
  readonly edge: string;
  /** Decimal. */
  readonly hour: string;
  readonly a: string;
  readonly b: string;
}

/** Two signed views of one guard and moment that differ. `a` and `b` are whole views in hex. */
export interface ViewsFile {
  readonly kind: 'contradicting-views';
  /** Account of the guard. */
  readonly guard: string;
  /** Of the moment; decimal. */
  readonly hour: string;
  readonly a: string;
  readonly b: string;
}

/** MD5 and SHA-256 in hex (whitepaper §2.9). Decisions rest on SHA-256. */
export interface BodyHashes {
  readonly md5: string;
  readonly sha256: string;
}

/** Bytes that a guard got of an edge and of the origin: its word, which other guards compare with what they got. */
export interface WrongBytesFile {
  readonly kind: 'wrong-bytes';
  readonly edge: string;
  readonly hour: string;
  readonly resource: string;
  /** `target` is the hex SHA-256 of the target. */
  readonly bodies: readonly {
    readonly target: string;
    readonly right: BodyHashes;
    readonly wrong: BodyHashes;
  }[];
}

/** What stands against a node, as guards show it to each other and to anybody (docs/evidence.md, Evidence files). */
export type EvidenceFile = CountersFile | OverreportFile | ViewsFile | WrongBytesFile;

/** Longest evidence file that is read. */
export const MAX_EVIDENCE_BYTES = 4_096;
/** Most bodies that a file names. */
export const MAX_EVIDENCE_BODIES = 8;

/** A message that the accused has signed, as the program reads it. */
export interface SignedStatement {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  /** Hour whose key it is signed by. */
  readonly hour: bigint;
}

interface Valid {
  readonly kind: 'valid';
  readonly hour: bigint;
  /** Both, in the order of the file. */
  readonly signed: readonly [SignedStatement, SignedStatement];
}

export type EvidenceFinding =
  | (Valid & {
      readonly fault: 'contradicting-counters';
      readonly edge: string;
      readonly a: Commit;
      readonly b: Commit;
    })
  | (Valid & {
      readonly fault: 'report-above-counters';
      readonly edge: string;
      readonly a: Commit;
      readonly b: Commit;
      /** Bytes reported of the hour. */
      readonly reported: bigint;
    })
  | (Valid & {
      readonly fault: 'contradicting-views';
      readonly guard: string;
      readonly a: EdgeView;
      readonly b: EdgeView;
    })
  /** Well formed, but nobody's signature stands behind it but the word of whoever shows it. */
  | {
      readonly kind: 'unsigned';
      readonly fault: 'wrong-bytes';
      readonly edge: string;
      readonly hour: bigint;
      readonly resource: string;
      readonly bodies: WrongBytesFile['bodies'];
    }
  | { readonly kind: 'invalid'; readonly why: string };

/** What the chain says of whoever is accused. */
export interface EvidenceChain {
  /** Keys that signed for an edge or guard in an hour; none for one that the chain does not know. */
  operatorsOf(node: string, hour: bigint): readonly string[];
  /** Bytes that an edge reported of an hour; undefined where it reported none, or it cannot be told. */
  reportedBy?(edge: string, hour: bigint): Promise<bigint | undefined>;
  /** The hour of a moment, Unix seconds; undefined before hour 0. */
  hourAt?(unixSecs: bigint): bigint | undefined;
}

const invalid = (why: string): EvidenceFinding => ({ kind: 'invalid', why });

export function evidenceOf([a, b]: readonly [Commit, Commit]): CountersFile {
  return {
    kind: 'contradicting-counters',
    edge: a.edge,
    a: toHex(encodeCommit(a)),
    b: toHex(encodeCommit(b)),
  };
}

export function overreportOf(hour: bigint, [a, b]: readonly [Commit, Commit]): OverreportFile {
  const { edge, ...both } = evidenceOf([a, b]);
  return { ...both, kind: 'report-above-counters', edge, hour: String(hour) };
}

/** Of a counter, and of a report, what may have been under way: as the program has it. */
const SLACK_BYTES = 16_384n;
const SLACK_PART = 64n;

/**
 * Whether a report of an hour is above what the edge's counters rose by from a commit before the hour to one after it, in one
 * run of its process, and by more than what may have been under way.
 */
export function overreports(bytes: bigint, hour: bigint, before: Commit, after: Commit): boolean {
  const isAround = before.hour < hour && hour < after.hour;
  if (!isAround || before.edge !== after.edge || before.boot !== after.boot) return false;
  if (after.total < before.total) return false;
  const slack = saturatingAdd(bytes / SLACK_PART, BigInt(after.count) * SLACK_BYTES);
  return bytes > saturatingAdd(after.total - before.total, slack);
}

/**
 * Whether an evidence file shows what it says, with nothing but what is on chain. `file` is parsed JSON of a stranger.
 */
export async function checkEvidence(file: unknown, chain: EvidenceChain): Promise<EvidenceFinding> {
  if (typeof file !== 'object' || file === null) return invalid('it is no JSON object');
  const fields = new Map<string, unknown>(Object.entries(file));
  const kind = fields.get('kind');
  switch (kind) {
    case 'contradicting-counters':
      return checkCounters(fields, chain);
    case 'report-above-counters':
      return checkOverreport(fields, chain);
    case 'contradicting-views':
      return checkViews(fields, chain);
    case 'wrong-bytes':
      return checkBodies(fields);
    default:
      return invalid(`its kind is not known: ${String(kind).slice(0, 40)}`);
  }
}

type Fields = ReadonlyMap<string, unknown>;

const addressIn = (fields: Fields, name: string): string | undefined => {
  const value = fields.get(name);
  return typeof value === 'string' && parseAddress(value) !== undefined ? value : undefined;
};

const hourIn = (fields: Fields): bigint | undefined => {
  const value = fields.get('hour');
  return typeof value === 'string' && /^(0|[1-9]\d{0,18})$/.test(value) ? BigInt(value) : undefined;
};

function statementOf(commit: Commit): SignedStatement {
  return { message: commitMessage(commit), signature: commit.signature, hour: commit.hour };
}

/** The two commits of a file, by its edge and signed by it in their hours; or what is wrong with them. */
async function signedCommits(
  fields: Fields,
  chain: EvidenceChain,
  also: (a: Commit, b: Commit) => string | undefined,
): Promise<string | { readonly edge: string; readonly a: Commit; readonly b: Commit }> {
  const edge = addressIn(fields, 'edge');
  if (edge === undefined) return 'its edge is no address';
  const [a, b] = [commitOf(fields.get('a')), commitOf(fields.get('b'))];
  if (a === undefined || b === undefined) return `${a === undefined ? 'a' : 'b'} is no commit in hex`;
  if (a.edge !== edge || b.edge !== edge) return 'a commit is of another edge';
  const wrong = also(a, b);
  if (wrong !== undefined) return wrong;
  for (const [name, commit] of [
    ['a', a],
    ['b', b],
  ] as const) {
    const operators = chain.operatorsOf(edge, commit.hour);
    if (operators.length === 0) return `the chain has no such edge: ${edge}`;
    if (!(await byOne(operators, (operator) => verifyCommitSignature(commit, operator))))
      return `${name} is not signed by the edge's operator in hour ${commit.hour}`;
  }
  return { edge, a, b };
}

async function checkCounters(fields: Fields, chain: EvidenceChain): Promise<EvidenceFinding> {
  const found = await signedCommits(fields, chain, (a, b) => {
    if (a.boot !== b.boot || a.hour !== b.hour || a.slot !== b.slot)
      return 'the commits are of different boots, hours or slots: both may be true';
    return contradicts(a, b) ? undefined : 'the commits say the same';
  });
  if (typeof found === 'string') return invalid(found);
  const signed = [statementOf(found.a), statementOf(found.b)] as const;
  return { kind: 'valid', fault: 'contradicting-counters', ...found, hour: found.a.hour, signed };
}

async function checkOverreport(fields: Fields, chain: EvidenceChain): Promise<EvidenceFinding> {
  const hour = hourIn(fields);
  if (hour === undefined) return invalid('its hour is no number');
  const found = await signedCommits(fields, chain, (a, b) => {
    if (a.hour >= hour || b.hour <= hour) return `the commits do not lie around hour ${hour}`;
    if (a.boot !== b.boot) return 'the edge was started again between the commits';
    return a.total > b.total ? 'the counters fell between the commits' : undefined;
  });
  if (typeof found === 'string') return invalid(found);
  const reported = await chain.reportedBy?.(found.edge, hour);
  if (reported === undefined) return invalid(`the chain has no report of the edge for hour ${hour}`);
  if (!overreports(reported, hour, found.a, found.b))
    return invalid('the report is within what the counters rose by');
  const signed = [statementOf(found.a), statementOf(found.b)] as const;
  return { kind: 'valid', fault: 'report-above-counters', ...found, hour, reported, signed };
}

async function checkViews(fields: Fields, chain: EvidenceChain): Promise<EvidenceFinding> {
  const [guard, hour] = [addressIn(fields, 'guard'), hourIn(fields)];
  if (guard === undefined) return invalid('its guard is no address');
  if (hour === undefined) return invalid('its hour is no number');
  const [a, b] = [viewOf(fields.get('a')), viewOf(fields.get('b'))];
  if (a === undefined || b === undefined) return invalid(`${a === undefined ? 'a' : 'b'} is no view in hex`);
  if (a.guard !== guard || b.guard !== guard) return invalid('a view is of another guard');
  if (a.unixMs !== b.unixMs) return invalid('the views are of different moments: both may be true');
  if (toHex(edgeViewMessage(a)) === toHex(edgeViewMessage(b))) return invalid('the views say the same');
  if (chain.hourAt !== undefined && chain.hourAt(a.unixMs / 1_000n) !== hour)
    return invalid(`the views are not of hour ${hour}`);
  const operators = chain.operatorsOf(guard, hour);
  if (operators.length === 0) return invalid(`the chain has no such guard: ${guard}`);
  for (const [name, view] of [
    ['a', a],
    ['b', b],
  ] as const)
    if (!(await byOne(operators, (operator) => verifyEdgeViewSignature(view, operator))))
      return invalid(`${name} is not signed by the guard's operator in hour ${hour}`);
  const statement = (view: EdgeView): SignedStatement => ({
    message: edgeViewMessage(view),
    signature: view.signature,
    hour,
  });
  const signed = [statement(a), statement(b)] as const;
  return { kind: 'valid', fault: 'contradicting-views', guard, hour, a, b, signed };
}

const isHash = (value: unknown, digits: number): value is string =>
  typeof value === 'string' && value.length === digits && /^[0-9a-f]*$/.test(value);

function hashesOf(value: unknown): BodyHashes | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(value));
  const [md5, sha256] = [fields.get('md5'), fields.get('sha256')];
  return isHash(md5, 32) && isHash(sha256, 64) ? { md5, sha256 } : undefined;
}

function checkBodies(fields: Fields): EvidenceFinding {
  const [edge, resource] = [addressIn(fields, 'edge'), addressIn(fields, 'resource')];
  if (edge === undefined) return invalid('its edge is no address');
  if (resource === undefined) return invalid('its resource is no address');
  const hour = hourIn(fields);
  if (hour === undefined) return invalid('its hour is no number');
  const listed = fields.get('bodies');
  if (!Array.isArray(listed) || listed.length === 0 || listed.length > MAX_EVIDENCE_BODIES)
    return invalid(`it names no bodies, or more than ${MAX_EVIDENCE_BODIES}`);
  const bodies: WrongBytesFile['bodies'][number][] = [];
  for (const each of listed) {
    const of = new Map<string, unknown>(Object.entries(Object(each)));
    const [target, right, wrong] = [of.get('target'), hashesOf(of.get('right')), hashesOf(of.get('wrong'))];
    if (!isHash(target, 64) || right === undefined || wrong === undefined)
      return invalid('a body has no target, or no MD5 and SHA-256 of right and wrong bytes');
    if (right.sha256 === wrong.sha256) return invalid('right and wrong bytes are the same');
    bodies.push({ target, right, wrong });
  }
  return { kind: 'unsigned', fault: 'wrong-bytes', edge, hour, resource, bodies };
}

function commitOf(value: unknown): Commit | undefined {
  const bytes = typeof value === 'string' ? fromHex(value, COMMIT_BYTES) : undefined;
  return bytes === undefined ? undefined : decodeCommit(bytes);
}

function viewOf(value: unknown): EdgeView | undefined {
  if (typeof value !== 'string' || value.length > 2 * Math.min(MAX_EDGE_VIEW_BYTES, MAX_EVIDENCE_BYTES))
    return undefined;
  const bytes = fromHex(value, value.length / 2);
  return bytes === undefined ? undefined : decodeEdgeView(bytes);
}

async function byOne(
  operators: readonly string[],
  verify: (operator: string) => Promise<boolean>,
): Promise<boolean> {
  for (const operator of operators) if (await verify(operator)) return true;
  return false;
}
