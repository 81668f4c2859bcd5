/**
 * A body made by a generator from another, which has to hear of it when nobody wants it: `leave` tells it where the generator
 * cannot. One that is given up before it began runs nothing of its code, `finally` included, so a viewer who left while the answer was
 * being made would leave a reader of a fill behind, and with it memory and a file for good.
 */
export function orLeft<Piece>(made: AsyncGenerator<Piece>, leave: () => unknown): AsyncIterable<Piece> {
  let begun = false;
  const iterator: AsyncIterator<Piece> = {
    next() {
      begun = true;
      return made.next();
    },
    async return() {
      if (!begun) {
        begun = true;
        await leave();
      }
      return made.return(undefined);
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
