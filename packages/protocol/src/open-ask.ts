import { minOf, mulDiv } from './integer.ts';

/** What an edge served of a resource in an hour, as far as asking to be paid for open bytes goes. */
export interface OpenPart {
  /** All bytes. */
  readonly bytes: bigint;
  /** Those that clients signed for. */
  readonly signed: bigint;
  /** `openAllowance`, as far as the edge knows what it depends on. */
  readonly likely: bigint;
}

/** What is asked for beyond the cap without harm: an edge may be a little wrong about what its stake is worth. */
const SLACK = { part: 64n, bytes: 16_384n };

/**
 * What an edge asks to be paid for in each entry of its report (docs/evidence.md, The hour): of all resources together no
 * more than the yield cap, divided by what the resources are likely to allow and not by what is said to have been
 * served, as long as enough was. Signed bytes come last: a client may have signed for them elsewhere too, and then they
 * are open.
 *
 * @param cap `yieldCapBytes`; undefined where nothing limits open bytes
 */
export function askOpen(parts: readonly OpenPart[], cap: bigint | undefined): readonly bigint[] {
  if (cap === undefined) return parts.map(({ bytes }) => bytes);
  const open = fill(
    parts.map(({ bytes, signed, likely }) => ({ most: bytes - minOf(signed, bytes), weight: likely })),
    cap,
  );
  const left = cap - open.reduce((sum, bytes) => sum + bytes, 0n);
  const more = fill(
    parts.map(({ bytes }, i) => ({ most: bytes - (open[i] ?? 0n), weight: 0n })),
    left,
  );
  return open.map((bytes, i) => bytes + (more[i] ?? 0n));
}

/** Most open bytes that an edge is credited of what it asked for: what it asked for beyond its cap is taken off again. */
export function openCredit(asked: bigint, cap: bigint): bigint {
  if (asked <= cap + cap / SLACK.part + SLACK.bytes) return cap;
  const over = asked - cap;
  return over >= cap ? 0n : cap - over;
}

/** A sum by weights, none above its `most`; what is left when the weights are served goes by what is missing. */
function fill(
  parts: readonly { readonly most: bigint; readonly weight: bigint }[],
  sum: bigint,
): readonly bigint[] {
  const given = parts.map(() => 0n);
  let left = sum;
  let weights = parts.reduce((all, { weight }) => all + weight, 0n);
  // Those that are full first: the rest of their share goes to the others.
  const order = parts
    .map((part, index) => ({ ...part, index }))
    .filter(({ weight }) => weight > 0n)
    .toSorted((a, b) => {
      const [x, y] = [a.most * b.weight, b.most * a.weight];
      return x < y ? -1 : x > y ? 1 : a.index - b.index;
    });
  for (const { index, most, weight } of order) {
    const part = minOf(most, mulDiv(left, weight, weights));
    given[index] = part;
    left -= part;
    weights -= weight;
  }
  const missing = parts.map(({ most }, i) => most - (given[i] ?? 0n));
  const all = missing.reduce((total, bytes) => total + bytes, 0n);
  if (all === 0n) return given;
  const rest = minOf(left, all);
  return given.map((bytes, i) => bytes + mulDiv(missing[i] ?? 0n, rest, all));
}
