import { Socket } from 'node:net';

/** Of the read of a socket into memory of its owner, as `onread` of `net.Socket` sets it up. */
interface Symbols {
  readonly buffer: symbol;
  readonly callback: symbol;
}

const symbols = ((): Symbols | undefined => {
  const known = new Map(Object.getOwnPropertySymbols(new Socket()).map((each) => [each.description, each]));
  const buffer = known.get('kBuffer');
  const callback = known.get('kBufferCb');
  return buffer === undefined || callback === undefined ? undefined : { buffer, callback };
})();

/**
 * Has what a socket reads put into `into`, which any number of sockets may share, and tells `onBytes` how much
 * of it that is; the bytes are theirs only until it returns. Without it every read allocates 64 KiB and passes
 * a stream's queue. It is what the documented option `onread` of `net.Socket` does; a server offers no way
 * to give it to the sockets that it accepts.
 *
 * Returns false, and does nothing, where this runtime has no such thing: the events of the stream remain.
 */
export function readInto(socket: Socket, into: Buffer, onBytes: (bytes: number) => void): boolean {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (symbols === undefined || typeof handle !== 'object' || handle === null) return false;
  const use: unknown = Reflect.get(handle, 'useUserBuffer');
  if (typeof use !== 'function') return false;
  Reflect.set(socket, symbols.buffer, into);
  Reflect.set(socket, symbols.callback, onBytes);
  Reflect.apply(use, handle, [into]);
  return true;
}
