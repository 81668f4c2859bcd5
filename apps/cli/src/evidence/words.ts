import type { EvidenceFinding } from '@media-network/protocol';
import { formatBytes } from '../amounts.ts';

type Shown = Exclude<EvidenceFinding, { readonly kind: 'invalid' }>;

const bytes = (value: bigint): string => `${value} bytes (${formatBytes(value)})`;

/** What a file says, for people: what was signed, why both cannot be true, what an election with it leads to. */
export function evidenceWords(finding: Shown): readonly string[] {
  const { hour } = finding;
  switch (finding.fault) {
    case 'contradicting-counters': {
      const { edge, a, b } = finding;
      return [
        `Edge ${edge} has signed two different counters of one moment:`,
        `hour ${a.hour}, sample ${a.slot}, the ${a.boot}. run of its process.`,
        ...[a, b].map((each, i) => `  ${'ab'[i]}: ${bytes(each.total)} of ${each.count} resources`),
        'An edge counts upwards and signs once a sample, so one of the two is false.',
        'Guards remove it; its stake falls if it also reported the hour, which is how it asks to be paid.',
      ];
    }
    case 'report-above-counters': {
      const { edge, a, b, reported } = finding;
      const rose = b.total - a.total;
      return [
        `Edge ${edge} reported ${bytes(reported)} of hour ${hour}.`,
        `Its own counters, signed in hour ${a.hour} and in hour ${b.hour} without a start between, rose by ${bytes(rose)}.`,
        'What may be under way (a sixty-fourth, and 16 KiB a resource) does not explain it: it asked to be paid for bytes that it never sent.',
        'Guards remove it, and its stake falls.',
      ];
    }
    case 'contradicting-views': {
      const { guard, a, b } = finding;
      const at = new Date(Number(a.unixMs)).toISOString();
      return [
        `Guard ${guard} has signed two different views of edges for one moment, ${at}:`,
        ...[a, b].map((each, i) => `  ${'ab'[i]}: ${each.down.length} edges down`),
        'A guard signs one view a moment, so it told different parties different things.',
        'Guards remove it, and its stake falls.',
      ];
    }
    case 'wrong-bytes': {
      const { edge, resource, bodies } = finding;
      return [
        `A guard says that edge ${edge} served other bytes than the origin has, in hour ${hour}, of resource ${resource}:`,
        ...bodies.flatMap(({ target, right, wrong }) => [
          `  target ${target}`,
          `    right  SHA-256 ${right.sha256}`,
          `           MD5     ${right.md5}`,
          `    wrong  SHA-256 ${wrong.sha256}`,
          `           MD5     ${wrong.md5}`,
        ]),
        'The edge has not signed it: other guards compare it with what they got themselves.',
        'Guards may remove the edge; its stake stays.',
      ];
    }
    default:
      return [];
  }
}
