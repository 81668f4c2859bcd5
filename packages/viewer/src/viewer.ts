import { exchange } from './exchange.ts';
import type { ViewerRequest, ViewerResponse } from './exchange.ts';
import { openSession } from './session.ts';
import type { Session, SessionOptions } from './session.ts';

export interface ViewerOptions {
  /** Longest silence on a connection. 30 s by default. */
  readonly idleTimeoutMs?: number;
  /** Certificates to trust beside the platform's. */
  readonly ca?: string;
}

/** A client that counts what it receives. */
export interface Viewer {
  /** One request on a connection of its own; see `exchange` for what it rejects with. */
  get(url: string, request?: ViewerRequest): Promise<ViewerResponse>;
  /** A session with a publisher's token, in which receipts are signed. */
  openSession(options: SessionOptions): Promise<Session>;
  /** Received so far by `get`, all requests. */
  readonly totalBytes: number;
}

export function createViewer(options: ViewerOptions = {}): Viewer {
  let totalBytes = 0;
  return {
    get totalBytes() {
      return totalBytes;
    },
    async get(url, request = {}) {
      const response = await exchange(url, { ...options, ...request });
      totalBytes += response.totalBytes;
      return response;
    },
    openSession: (session) =>
      openSession({ ...(options.ca === undefined ? {} : { ca: options.ca }), ...session }),
  };
}
