import type { Socket } from 'node:net';

/**
 * Lets an undici client see the end of a connection only when it has taken in all that came before it. Its parser stops
 * while a reader is slow, with a body that has come whole and is not yet known to be complete; a server that closes
 * then, as it may after any answer (RFC 9112 §9.6), would look as if it had cut the answer short.
 */
export function holdEnd(socket: Socket): Socket {
  const read = socket.read.bind(socket);
  const push = socket.push.bind(socket);
  const unshift = socket.unshift.bind(socket);
  /** The parser has stopped: it gives back what it has not read, if only nothing, and reads again when it goes on. */
  let stopped = false;
  let ended = false;

  function end(): void {
    if (!ended || stopped || socket.readableLength > 0 || socket.destroyed) return;
    ended = false;
    push(null);
    // As the socket itself does after its last push: nobody else would ask.
    read(0);
  }

  socket.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk !== null || (!stopped && socket.readableLength === 0)) return push(chunk, encoding);
    ended = true;
    return false;
  };
  socket.unshift = (chunk: Buffer) => {
    stopped = true;
    if (chunk.length > 0) unshift(chunk);
  };
  socket.read = (size?: number) => {
    // Asking for nothing is the stream's own way to look whether there is more.
    if (size === 0) return read(size) as unknown;
    stopped = false;
    const chunk: unknown = read(size);
    // By then the parser has taken this in, or has stopped again.
    if (ended) process.nextTick(end);
    return chunk;
  };
  return socket;
}
