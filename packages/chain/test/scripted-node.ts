import { createServer } from 'node:http';
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

export async function createScriptedNode(script: Script): Promise<ScriptedNode> {
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
        const status = error instanceof HttpStatus ? error : new HttpStatus(500);
        response.writeHead(status.status, status.headers);
        response.end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
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
