import { readFile } from 'node:fs/promises';
import { createTsigKey, encodeName, notify, readSecondary } from '@media-network/dns';
import type { Secondary, TsigKey } from '@media-network/dns';
import { MediaError, errorMessage } from '@media-network/runtime';
import type { Clock, Log, RoundResult } from '@media-network/runtime';

/** Servers that are told of a change; each is sent a datagram, three times where it does not answer. */
const MAX_SECONDARIES = 16;
/** Who signs with one of these has whole zones. */
const MAX_KEYS = 16;
/** A server that did not hear is told again after as long. */
const AGAIN_MS = 60_000;

/** Tells servers that keep a copy of the zone when it has changed (RFC 1996). */
export interface Secondaries {
  round(signal: AbortSignal): Promise<RoundResult>;
}

export interface SecondariesDeps {
  /** Of the zone that is answered from; undefined before there is one. */
  readonly serial: () => number | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

interface Told {
  readonly at: Secondary;
  /** What it heard of last, and what it was told of last. */
  heard: number | undefined;
  triedMs: number;
  tried: number | undefined;
}

export function createSecondaries(
  { serial, clock, log }: SecondariesDeps,
  {
    zone,
    secondaries,
    key,
  }: { readonly zone: string; readonly secondaries: readonly Secondary[]; readonly key: TsigKey | undefined },
): Secondaries {
  const all = secondaries.map((at): Told => ({ at, heard: undefined, triedMs: 0, tried: undefined }));
  const apex = encodeName(zone);
  const nowSecs = (): number => Math.floor(clock.nowMs() / 1_000);

  async function tell(one: Told, now: number, signingKey: TsigKey, signal: AbortSignal): Promise<void> {
    const waits = one.tried === now && clock.nowMs() - one.triedMs < AGAIN_MS;
    if (one.heard === now || waits) return;
    one.tried = now;
    one.triedMs = clock.nowMs();
    if (await notify(apex, one.at, signingKey, nowSecs, signal)) one.heard = now;
    else if (!signal.aborted)
      log.warn(
        { host: one.at.host, port: one.at.port },
        'a server that keeps a copy of the zone does not answer',
      );
  }

  return {
    async round(signal) {
      const now = serial();
      if (now !== undefined && key !== undefined)
        await Promise.all(all.map((one) => tell(one, now, key, signal)));
      return 'idle';
    },
  };
}

/**
 * The keys of a file: one a line, as `dig -y` has them; lines that begin with # are left out.
 *
 * @throws `config/unreadable`, `dns/bad-tsig-key`
 */
export async function readTransferKeys(path: string): Promise<readonly TsigKey[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new MediaError({
      code: 'config/unreadable',
      message: `The file of keys for transfers ${path} cannot be read: ${errorMessage(cause)}.`,
      source: 'client',
      cause,
    });
  }
  const lines = text.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .slice(0, MAX_KEYS)
    .map(createTsigKey);
}

/** Addresses with or without port, separated by commas. @throws `guard/bad-secondary` */
export function readSecondaries(text: string | undefined, keys: readonly TsigKey[]): readonly Secondary[] {
  const each = (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  if (each.length > 0 && keys.length === 0)
    throw badSecondary(
      '--dns-notify needs a key, as --dns-transfer-keys has them: what is told without one is not believed.',
    );
  if (each.length > MAX_SECONDARIES)
    throw badSecondary(`--dns-notify has ${each.length} servers: ${MAX_SECONDARIES} are told at most.`);
  return each.map((part) => {
    const read = readSecondary(part);
    if (read === undefined)
      throw badSecondary(
        `--dns-notify ${part} is no address: write 192.0.2.1, 192.0.2.1:5353 or [2001:db8::1]:53.`,
      );
    return read;
  });
}

function badSecondary(message: string): MediaError {
  return new MediaError({ code: 'guard/bad-secondary', message, source: 'client' });
}
