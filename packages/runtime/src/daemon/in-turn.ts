import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that may wait for their turn; clients that pipeline send a few. */
const MAX_WAITING = 32;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Answers the requests of each connection one after the other: the next begins when the answer before it has been taken or
 * the client has gone. Node hands on all requests of a pipeline at once, and a client that reads nothing would have all
 * its answers made and held. A connection on which more wait than clients send is ended.
 */
export function inTurn(answer: Answer): Answer {
  const waiting = new WeakMap<Socket, (() => void)[]>();
  return (request, response) => {
    const { socket } = request;
    const begin = (): void => {
      response.once('close', () => {
        const next = waiting.get(socket)?.shift();
        if (next === undefined || socket.destroyed) waiting.delete(socket);
        else next();
      });
      answer(request, response);
    };
    const queue = waiting.get(socket);
    if (queue === undefined) {
      waiting.set(socket, []);
      begin();
    } else if (queue.length < MAX_WAITING) queue.push(begin);
    else socket.destroy();
  };
}
