import { MAX_REPUTATION, REPUTATION_POINTS, reputationOf } from '@media-network/protocol';
import type { Reputation, ReputationFact, ReputationPoint } from '@media-network/protocol';
import type { Style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';

export interface ReputationPicture extends Reputation {
  readonly edge: string;
  readonly hour: bigint;
  /** First hour that was looked at. */
  readonly from: bigint;
  readonly facts: readonly ReputationFact[];
  readonly unknown: readonly bigint[];
}

const COLUMNS = 60;
const ROWS = 8;
const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
/** Rows of the table: what is bad is told whole, hours like all others are summed up. */
const MOST_BAD = 20;

const WORDS: Readonly<Record<ReputationPoint['kind'], string>> = {
  full: 'judged in full',
  vouched: 'vouched bytes only',
  rejected: 'report rejected',
  disputed: 'wrong bytes of a resource',
  removed: 'voted out',
  slashed: 'voted out by its own signature',
};

/** The score as it was at some hours, by the same formula. */
function history({ facts, from, hour }: ReputationPicture): readonly number[] {
  const span = Number(hour - from) + 1;
  const columns = Math.min(COLUMNS, span);
  return Array.from({ length: columns }, (_, i) => {
    const at = from + BigInt(Math.floor(((i + 1) * span) / columns) - 1);
    return reputationOf(facts, at).score;
  });
}

const points = (millionths: bigint): string => (Number(millionths) / 1_000_000).toFixed(3);

/** Score, its course, and the points behind it, for a terminal of 80 columns. */
export function pictureLines(picture: ReputationPicture, style: Style): string[] {
  const { score, edge, hour, from, unknown } = picture;
  const course = history(picture);
  const top = Math.max(100, Math.ceil(Math.max(...course) / 100) * 100);
  const text = String(score);
  const painted = score >= 500 ? style.green(text) : score >= 100 ? style.yellow(text) : style.red(text);
  const lines = [
    `Edge ${edge}`,
    `${style.bold(painted)} of ${MAX_REPUTATION} at hour ${hour}, from hours ${from} to ${hour}`,
    '',
  ];
  for (let row = ROWS - 1; row >= 0; row -= 1) {
    const cells = course.map((value) => {
      const eighths = Math.round((value / top) * ROWS * 8) - row * 8;
      return EIGHTHS[Math.max(0, Math.min(8, eighths))];
    });
    const scale = row === ROWS - 1 ? String(top) : row === 0 ? '0' : '';
    lines.push(`${style.dim(scale.padStart(6))} ${cells.join('')}`);
  }
  lines.push(
    style.dim(`${' '.repeat(7)}${`hour ${from}`.padEnd(Math.max(0, course.length - 3))}now`),
    '',
    ...sumLines(picture, style),
  );
  const bad = picture.points.filter(({ points: worth }) => worth < 0).slice(0, MOST_BAD);
  if (bad.length > 0)
    lines.push(
      '',
      ...table(
        bad,
        [
          { head: 'hour', value: (each) => String(each.hour), align: 'right' },
          { head: 'what', value: (each) => WORDS[each.kind] },
          { head: 'left', value: (each) => points(each.left), align: 'right' },
          { head: 'shown by', value: (each) => each.evidence },
        ],
        style,
      ),
    );
  if (unknown.length > 0)
    lines.push('', style.dim(`${unknown.length} reports are not decided yet, or no longer on chain.`));
  return lines;
}

function sumLines(picture: ReputationPicture, style: Style): string[] {
  const kinds = (Object.keys(REPUTATION_POINTS) as ReputationPoint['kind'][]).filter((kind) =>
    picture.points.some((each) => each.kind === kind),
  );
  if (kinds.length === 0) return ['Nothing that counts is on chain yet.'];
  return table(
    kinds,
    [
      { head: 'what', value: (kind) => WORDS[kind] },
      {
        head: 'times',
        value: (kind) => String(picture.points.filter((each) => each.kind === kind).length),
        align: 'right',
      },
      { head: 'points each', value: (kind) => String(REPUTATION_POINTS[kind]), align: 'right' },
      {
        head: 'left of them',
        value: (kind) =>
          points(picture.points.reduce((sum, each) => (each.kind === kind ? sum + each.left : sum), 0n)),
        align: 'right',
      },
    ],
    style,
  );
}
