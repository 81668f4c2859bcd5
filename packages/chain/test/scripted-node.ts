import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A node that answers as it is told to: what real ones do rarely, on demand. */
export interface ScriptedNode {
  readonly url: string;
  /** Calls by method, in order. */
  readonly calls: { readonly method: string; readonly params: readonly unknown[] }[];
  count(method: string): number;
  close(): Promise<void>;
}

export type Script = (method: string, params: readonly unknown[], nth: number) => unknown;

/** Thrown by a script: the HTTP status instead of an answer. */
export class HttpStatus extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, headers: Readonly<Record<string, string>> = {}) {
    super(`status ${status}`);
    this.status = status;
    this.headers = headers;
  }
}

/** Thrown by a script: a JSON-RPC error, with whatever stands in its place. */
export class Fault extends Error {
  readonly error: unknown;

  constructor(error: unknown) {
    super('a JSON-RPC error');
    this.error = error;
  }
}

/** Thrown by a script: these bytes as the body of an answer with status 200. */
export class Page extends Error {
  readonly body: string;

  constructor(body: string) {
    super('a page');
    this.body = body;
  }
}

/** Thrown by a script: the connection is reset without an answer, or kept without one. */
export class Broken extends Error {
  readonly how: 'reset' | 'silent';

  constructor(how: 'reset' | 'silent') {
    super(how);
    this.how = how;
  }
}

function answerFailure(error: unknown, id: string, request: IncomingMessage, response: ServerResponse): void {
  if (error instanceof Broken) {
    if (error.how === 'reset') request.socket.resetAndDestroy();
  } else if (error instanceof Fault) {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ jsonrpc: '2.0', id, error: error.error }));
  } else if (error instanceof Page) {
    response.setHeader('content-type', 'text/html');
    response.end(error.body);
  } else {
    const status = error instanceof HttpStatus ? error : new HttpStatus(500);
    response.writeHead(status.status, status.headers);
    response.end();
  }
}

export async function createScriptedNode(script: Script, atPort = 0): Promise<ScriptedNode> {
  const calls: { method: string; params: readonly unknown[] }[] = [];
  const count = (method: string): number => calls.filter((call) => call.method === method).length;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      // What stock kit sends.
      const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString()) as {
        id: string;
        method: string;
        params: unknown[];
      };
      calls.push({ method, params });
      try {
        const result = script(method, params, count(method));
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      } catch (error) {
        answerFailure(error, id, request, response);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(atPort, '127.0.0.1', resolve));
  // A server that listens on TCP has such an address.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    count,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
