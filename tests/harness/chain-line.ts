import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeInstruction, instructionName } from '@media-network/chain';
import type { DecodedInstruction } from '@media-network/chain';
import { getBase64Encoder, getCompiledTransactionMessageDecoder, getTransactionDecoder } from '@solana/kit';

/** What becomes of a transaction that a daemon sends: `lost` and `unheard` are the last that it does. */
export type Fate =
  | 'passed'
  /** The node never has it. */
  | 'lost'
  /** The node has it, and the daemon does not know. */
  | 'unheard';

/** A node as one daemon reaches it: what it sends is seen, and may be its last. */
export interface ChainLine {
  readonly url: string;
  /** Instructions of the program that came to be sent, in order, whether or not they landed. */
  readonly sent: readonly DecodedInstruction[];
  close(): Promise<void>;
}

interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
}

const base64 = getBase64Encoder();

/** The program's instructions in a transaction as it is sent. */
function instructionsIn(wire: string, programId: string): readonly DecodedInstruction[] {
  const { messageBytes } = getTransactionDecoder().decode(base64.encode(wire));
  const message = getCompiledTransactionMessageDecoder().decode(messageBytes);
  if (!('instructions' in message)) return [];
  return message.instructions.flatMap(({ programAddressIndex, data }) => {
    const bytes = new Uint8Array(data ?? []);
    const isOurs = message.staticAccounts[programAddressIndex] === programId;
    return isOurs && instructionName(bytes) !== undefined ? [decodeInstruction(bytes)] : [];
  });
}

/**
 * A way to the node at `behind`. `fateOf` is asked of each transaction; where it is to be the daemon's last, `end` ends
 * the daemon, and is waited for before anything else comes through.
 */
export async function openChainLine(
  behind: string,
  programId: string,
  deps: {
    fateOf(sent: readonly DecodedInstruction[]): Fate;
    end(): Promise<void>;
  },
): Promise<ChainLine> {
  const sent: DecodedInstruction[] = [];

  async function pass(body: string): Promise<string> {
    const answer = await fetch(behind, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return answer.text();
  }

  /** Undefined where the daemon is gone before it is answered. */
  async function ask(body: string): Promise<string | undefined> {
    const { method, params } = JSON.parse(body) as Call;
    if (method !== 'sendTransaction') return pass(body);
    const instructions = instructionsIn(String(params[0]), programId);
    sent.push(...instructions);
    const fate = deps.fateOf(instructions);
    if (fate === 'passed') return pass(body);
    if (fate === 'unheard') await pass(body);
    await deps.end();
    return undefined;
  }

  const server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      ask(Buffer.concat(parts).toString('utf8')).then(
        (text) =>
          text === undefined
            ? response.destroy()
            : response.setHeader('content-type', 'application/json').end(text),
        () => response.destroy(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    sent,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
