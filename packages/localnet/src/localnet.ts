import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError, createRepeatingTask, createScope, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { Address, Signature } from '@solana/kit';
import { createBank } from './bank/bank.ts';
import type { Bank } from './bank/bank.ts';
import { createFaucet } from './bank/faucet.ts';
import { createSlots } from './bank/slots.ts';
import { createGenesis, programAccounts } from './genesis.ts';
import type { GenesisProgram } from './genesis.ts';
import { openAppendFile } from './ledger/files.ts';
import type { OpenAppendFile } from './ledger/files.ts';
import { openHistory } from './ledger/history.ts';
import type { History } from './ledger/history.ts';
import { openLedger } from './ledger/ledger.ts';
import type { Ledger } from './ledger/ledger.ts';
import { lockFolder } from './ledger/lock.ts';
import type { LedgerRecord, LedgerState } from './ledger/record.ts';
import { LOG_ROTATE_BYTES, MAX_MEMORY_HISTORY } from './limits.ts';
import { createDispatch, rpcMethods } from './rpc/dispatch.ts';
import { createHttpServer } from './server/http.ts';
import { listen } from './server/listen.ts';
import { createSocketFront } from './server/websocket.ts';
import type { AccountChange, StoredAccount } from './svm/account.ts';
import { createSvm } from './svm/svm.ts';

export interface LocalnetDeps {
  /** With an `advance` of its own (a manual clock), `advanceSeconds` turns it, and slots also move by use. */
  readonly clock: Clock;
  readonly log: Log;
  /** Opens log files; the file system's by default. */
  readonly openFile?: OpenAppendFile;
}

export interface LocalnetOptions {
  /** Where the chain lives; `undefined`: in memory only. */
  readonly dir: string | undefined;
  /** 0 (the default) takes any free port. */
  readonly rpcPort?: number;
  /** By default `rpcPort` + 1, as on any Solana node; with `rpcPort` 0 that too if it is free. */
  readonly wsPort?: number;
  readonly host?: string;
  /** Length of a slot; 400 by default. An existing chain keeps its own. */
  readonly slotMs?: number;
  /** Programs to load at genesis; on an existing chain, those it does not have yet. */
  readonly programs?: readonly GenesisProgram[];
  /** What the faucet owns at genesis; 500 million SOL by default. */
  readonly faucetLamports?: bigint;
  /** Bytes of log after which a snapshot replaces it; 32 MiB by default. */
  readonly logRotateBytes?: number;
  /** Goes on from what is whole where the folder has lost something, instead of refusing. */
  readonly acceptLoss?: boolean;
}

export interface LocalnetStats {
  /** Calls and subscriptions by their method. */
  readonly calls: ReadonlyMap<string, number>;
  /** Transactions that landed, failed ones too. */
  readonly transactions: number;
}

export interface Localnet {
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly genesisHash: string;
  readonly faucet: Address;
  slot(): bigint;
  /** Seconds since the Unix epoch, as programs see them. */
  unixTimestamp(): bigint;
  account(address: Address): StoredAccount | undefined;
  /** What has been asked of the chain and what it took in, since it was opened. */
  stats(): LocalnetStats;
  /** Resolves when the airdrop is durable. */
  airdrop(to: Address, lamports: bigint): Promise<Signature>;
  /** Writes accounts past all rules, durably: for fixtures and migrations. */
  setAccounts(changes: readonly AccountChange[]): Promise<void>;
  /** Turns a manual clock, and the chain with it. Throws `localnet/clock-not-manual` with any other. */
  advanceSeconds(seconds: number): void;
  /** Resolves when everything executed so far is durable and told to subscribers. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const DEFAULT_FAUCET_LAMPORTS = 500_000_000_000_000_000n;
const DEFAULT_SLOT_MS = 400;

interface Storage {
  readonly state: LedgerState;
  readonly records: readonly LedgerRecord[];
  readonly ledger: Ledger | undefined;
}

function isAdvancing(clock: Clock): clock is Clock & { advance(ms: number): void } {
  return 'advance' in clock && typeof clock.advance === 'function';
}

/** The latest slot and second that the stored chain knows of. */
function reached({ state, records }: Storage): { slot: bigint; unixTimestamp: bigint } {
  const last = records.at(-1);
  return last === undefined ? state : last.kind === 'transaction' ? last.landed : last;
}

async function listenBeside(
  ws: Server,
  host: string,
  rpcPort: number,
  options: LocalnetOptions,
): Promise<number> {
  const purpose = "the chain's websocket";
  const asked = options.wsPort ?? ((options.rpcPort ?? 0) === 0 ? undefined : rpcPort + 1);
  if (asked !== undefined) return listen(ws, host, asked, purpose);
  // Some clients derive the websocket's port from the other; with free ports, humour them where possible.
  return listen(ws, host, Math.min(rpcPort + 1, 65_535), purpose).catch(() => listen(ws, host, 0, purpose));
}

async function addMissingPrograms(bank: Bank, programs: readonly GenesisProgram[], log: Log): Promise<void> {
  for (const program of programs) {
    const changes = await programAccounts(program, bank.minimumBalance);
    const [data] = changes;
    const present = data === undefined ? undefined : bank.read(data.address);
    if (bank.read(program.address) === undefined) {
      await bank.setAccounts(changes);
    } else if (
      present !== undefined &&
      data?.account !== undefined &&
      Buffer.compare(present.data.subarray(45), data.account.data.subarray(45)) !== 0
    ) {
      log.warn(
        { program: program.address },
        'the chain has another build of this program; upgrade it by a transaction',
      );
    }
  }
}

/**
 * An embedded Solana: the real VM behind Solana's own JSON-RPC and websocket, durable under `dir`.
 * Throws `localnet/locked`, `localnet/port-in-use`, `localnet/log-corrupt`, `localnet/snapshot-corrupt`,
 * `localnet/snapshot-missing`, `localnet/log-missing`, `localnet/log-behind`, `localnet/history-corrupt`,
 * `localnet/history-foreign`, `localnet/disk-full`, `localnet/program-unreadable`.
 */
export async function createLocalnet(deps: LocalnetDeps, options: LocalnetOptions): Promise<Localnet> {
  const { clock } = deps;
  const log = deps.log.child({ part: 'localnet' });
  const { dir, host = '127.0.0.1', programs = [] } = options;
  const scope = createScope();
  try {
    const svm = createSvm();
    const genesis = (): Promise<LedgerState> =>
      createGenesis(
        {
          slotMs: options.slotMs ?? DEFAULT_SLOT_MS,
          startMs: clock.nowMs(),
          faucetLamports: options.faucetLamports ?? DEFAULT_FAUCET_LAMPORTS,
          programs,
        },
        svm.minimumBalance,
      );
    let storage: Storage;
    let history: History;
    if (dir === undefined) {
      history = openHistory(undefined, MAX_MEMORY_HISTORY);
      scope.add('history', () => history.close());
      storage = { state: await genesis(), records: [], ledger: undefined };
    } else {
      await mkdir(dir, { recursive: true });
      const lock = lockFolder(dir);
      scope.add('lock', () => lock.release());
      history = openHistory(join(dir, 'history.db'), undefined);
      scope.add('history', () => history.close());
      storage = await openLedger(
        { log, openFile: deps.openFile ?? openAppendFile, history },
        {
          dir,
          rotateBytes: options.logRotateBytes ?? LOG_ROTATE_BYTES,
          acceptLoss: options.acceptLoss ?? false,
        },
        genesis,
      );
    }
    const { state, ledger } = storage;
    if (ledger !== undefined) scope.add('ledger', () => ledger.close());
    history.bind(state.genesis.hash);
    const slots = createSlots(
      { clock },
      {
        slotMs: state.genesis.slotMs,
        seed: state.genesis.seed,
        anchor: { slot: 1n, timeMs: state.genesis.startMs },
        reached: reached(storage),
      },
    );
    const bank = createBank(
      { log, svm, slots, history, ledger },
      { state, records: storage.records, slotPerTransaction: isAdvancing(clock) },
    );
    scope.add('bank', () => bank.close());
    await addMissingPrograms(bank, programs, log);
    const faucet = await createFaucet(state.genesis.faucetSeed);

    const endpoints: { rpc: string | null; pubsub: string | null } = { rpc: null, pubsub: null };
    const lookup = rpcMethods({ bank, faucet, endpoints: () => endpoints });
    const calls = new Map<string, number>();
    const onCall = (method: string): void => void calls.set(method, (calls.get(method) ?? 0) + 1);
    const transactionsBefore = bank.transactionCount;
    const http = createHttpServer(createDispatch({ log, barrier: bank.barrier, onCall }, lookup));
    const rpcPort = await listen(http, host, options.rpcPort ?? 0, "the chain's JSON-RPC");
    scope.add('http', () => closeServer(http));
    const ws = createServer((_, response) => response.writeHead(426).end('This is the websocket port.\n'));
    const wsPort = await listenBeside(ws, host, rpcPort, options);
    scope.add('ws server', () => closeServer(ws));
    const sockets = createSocketFront({ bank, log, onCall }, ws);
    scope.add('websockets', () => sockets.close());
    let landed = { succeeded: 0, failed: 0 };
    bank.onLanded((record) => {
      sockets.landed(record);
      if (record.kind !== 'transaction') return;
      if (record.landed.meta.error === null) landed.succeeded += 1;
      else landed.failed += 1;
    });

    let told = bank.now().slot;
    const tick = (): void => {
      const { slot } = bank.now();
      if (slot === told) return;
      sockets.slot({ parent: told, slot, timeMs: clock.nowMs(), landed });
      landed = { succeeded: 0, failed: 0 };
      told = slot;
    };
    const ticker = createRepeatingTask(
      () => Promise.resolve(tick()),
      { clock, log },
      { name: 'slot', intervalMs: state.genesis.slotMs },
    );
    ticker.start();
    scope.add('ticker', () => ticker.stop());

    const urlHost = host.includes(':') ? `[${host}]` : host;
    endpoints.rpc = `${urlHost}:${rpcPort}`;
    endpoints.pubsub = `${urlHost}:${wsPort}`;
    return {
      rpcUrl: `http://${urlHost}:${rpcPort}`,
      wsUrl: `ws://${urlHost}:${wsPort}`,
      genesisHash: state.genesis.hash,
      faucet: faucet.address,
      slot: () => bank.now().slot,
      unixTimestamp: () => bank.now().unixTimestamp,
      account: bank.read,
      stats: () => ({ calls: new Map(calls), transactions: bank.transactionCount - transactionsBefore }),
      async airdrop(to, lamports) {
        const airdrop = lookup('requestAirdrop');
        return (await airdrop?.([to, lamports])) as Signature; // the method answers with a signature
      },
      setAccounts: bank.setAccounts,
      advanceSeconds(seconds) {
        if (!isAdvancing(clock)) {
          throw new MediaError({
            code: 'localnet/clock-not-manual',
            message:
              'This chain follows a clock that cannot be turned; build it with a manual clock to advance it.',
            source: 'client',
          });
        }
        clock.advance(seconds * 1000);
        tick();
      },
      settled: bank.barrier,
      close: () => scope.close(),
    };
  } catch (error) {
    return await scope.fail(error, (failure) =>
      log.warn({ err: errorMessage(failure) }, 'could not stop everything'),
    );
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
