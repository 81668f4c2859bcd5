/** What a rotation is decided by. */
export interface RotationFacts {
  /** Numbers of the guards that can open the settings in force. */
  readonly readers: readonly number[];
  /** Of the guards that are active now. */
  readonly guards: readonly number[];
  /** Edges that could have the key: those that were active when it was made, or at a look since. Undefined before the first look. */
  readonly edgesThen: readonly string[] | undefined;
  readonly edgesNow: readonly string[];
  /** Hour of the network in which the key was made; undefined where it is not known. */
  readonly rotatedIn: bigint | undefined;
  readonly hour: bigint;
}

export type Rotation =
  | { readonly kind: 'due'; readonly why: string }
  | { readonly kind: 'later'; readonly why: string }
  | { readonly kind: 'none' };

function list(what: string, of: readonly (string | number)[], did: string): string[] {
  return of.length === 0 ? [] : [`${what}${of.length === 1 ? '' : 's'} ${of.join(', ')} ${did}`];
}

/**
 * Whether settings are to be sealed anew: for guards that came and must read them to authorise and probe, and without those that
 * left. Once an hour of the network at most, so that nobody who comes and goes has the publisher pay for it each time.
 */
export function rotationOf(facts: RotationFacts): Rotation {
  const { readers, guards, edgesThen, edgesNow } = facts;
  const why = [
    ...list(
      'guard',
      guards.filter((no) => !readers.includes(no)),
      'came',
    ),
    ...list(
      'guard',
      readers.filter((no) => !guards.includes(no)),
      'left',
    ),
    ...list(
      'edge',
      (edgesThen ?? []).filter((edge) => !edgesNow.includes(edge)),
      'left',
    ),
  ].join('; ');
  if (why === '') return { kind: 'none' };
  return facts.rotatedIn !== undefined && facts.hour <= facts.rotatedIn
    ? { kind: 'later', why }
    : { kind: 'due', why };
}
