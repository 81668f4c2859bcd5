/** An item of a queue. `uses` and `hand` mean what the policy makes of them. */
export interface Linked {
  readonly object: number;
  readonly weight: number;
  uses: number;
  newer: Linked | undefined;
  older: Linked | undefined;
}

/** A queue from newest to oldest, out of whose middle can be taken. */
export class LinkedQueue {
  newest: Linked | undefined;
  oldest: Linked | undefined;
  weight = 0;

  push(item: Linked): void {
    item.older = this.newest;
    item.newer = undefined;
    if (this.newest === undefined) this.oldest = item;
    else this.newest.newer = item;
    this.newest = item;
    this.weight += item.weight;
  }

  unlink(item: Linked): void {
    if (item.newer === undefined) this.newest = item.older;
    else item.newer.older = item.older;
    if (item.older === undefined) this.oldest = item.newer;
    else item.older.newer = item.newer;
    item.newer = undefined;
    item.older = undefined;
    this.weight -= item.weight;
  }
}

export function linked(object: number, weight: number): Linked {
  return { object, weight, uses: 0, newer: undefined, older: undefined };
}
