import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** A node in front of a chain behind which some of those that answer lag, and do not know `minContextSlot` either. */
export interface StaleNode {
  readonly url: string;
  /** Answers that were older than they could have been. */
  readonly stale: number;
  /** How often the program has refused a transaction when it was tried out, by its code. */
  readonly refused: ReadonlyMap<number, number>;
  /** From now on every other read is of `byMs` ago. */
  lag(byMs: number): void;
  close(): Promise<void>;
}

/** Reads that decisions are made of. */
const READS: ReadonlySet<string> = new Set(['getAccountInfo', 'getMultipleAccounts', 'getProgramAccounts']);
const KEPT = 200;

interface Call {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

interface Answer {
  readonly atMs: number;
  readonly body: string;
}

export async function startStaleNode(behind: string): Promise<StaleNode> {
  const told = new Map<string, Answer[]>();
  const refused = new Map<number, number>();
  let lagMs = 0;
  let turn = 0;
  let stale = 0;

  async function ask(body: string): Promise<string> {
    const call = JSON.parse(body) as Call;
    const answer = await fetch(behind, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const text = await answer.text();
    if (call.method === 'simulateTransaction') noteRefusal(text);
    return READS.has(call.method) ? aged(call, text) : text;
  }

  /** This answer, or one to the same question from before. */
  function aged(call: Call, fresh: string): string {
    const question = JSON.stringify([call.method, call.params], (key, value: unknown) =>
      key === 'minContextSlot' ? undefined : value,
    );
    const answers = told.get(question) ?? [];
    told.set(question, answers);
    const now = performance.now();
    const old = answers.findLast(({ atMs }) => now - atMs >= lagMs);
    answers.push({ atMs: now, body: fresh });
    if (answers.length > KEPT) answers.shift();
    turn += 1;
    if (lagMs === 0 || turn % 2 === 0 || old === undefined) return fresh;
    stale += 1;
    // An answer of a JSON-RPC node is an object; its id is the asker's.
    return JSON.stringify({ ...(JSON.parse(old.body) as object), id: call.id });
  }

  function noteRefusal(text: string): void {
    const code = Number(/"Custom":(\d+)/.exec(text)?.[1]);
    if (!Number.isNaN(code)) refused.set(code, (refused.get(code) ?? 0) + 1);
  }

  const server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      ask(Buffer.concat(parts).toString('utf8')).then(
        (text) => response.setHeader('content-type', 'application/json').end(text),
        () => response.destroy(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get stale() {
      return stale;
    },
    refused,
    lag: (byMs) => (lagMs = byMs),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
