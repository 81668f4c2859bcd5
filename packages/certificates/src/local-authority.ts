import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import { createDurably, readIfPresent, writeDurably } from '@media-network/runtime/durable-file';
import { checkedPair, pairText, readPair } from './certificate-pair.ts';
import type { CertificatePair } from './certificate-pair.ts';

/** An authority of this machine alone, for names ending in `.localhost` and for loopback addresses. */
export interface LocalAuthority {
  /** PEM file with the root that clients can be told to trust. */
  readonly rootFile: string;
  /** The root, PEM. */
  readonly root: string;
  /** SHA-256 of the root, as trust stores show it. */
  readonly fingerprint: string;
  readonly untilMs: number;
  /** A certificate for a server, valid from now on for `LEAF_DAYS`. */
  issue(names: readonly string[]): CertificatePair;
}

/** Short: it is made anew long before, and what was copied away is soon worth nothing. */
export const LEAF_DAYS = 7;
const ROOT_DAYS = 3_650;
const BACKDATE_MS = 30 * 86_400_000;
const DOMAIN = 'localhost';
const NETWORKS = ['127.0.0.0/8', '::1/128'];
const ROOT_FILE = 'root.pem';
const KEY_FILE = 'authority.pem';

/** Where the authority of a folder has its root, whether it is made already or not. */
export function localRootFile(dir: string): string {
  return join(dir, ROOT_FILE);
}

/**
 * The authority of a folder, made where there is none and never replaced: whatever lies in `authority.pem`, one of the
 * user's own too, is the authority. The root can sign for nothing but `.localhost` and loopback.
 *
 * @throws `certificates/authority-unreadable`, `certificates/authority-expired`
 */
export async function openLocalAuthority(dir: string, clock: Clock): Promise<LocalAuthority> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, KEY_FILE);
  const text = await readIfPresent(path);
  const pair = text === undefined ? await create(path, clock) : readAuthority(text.toString('utf8'), path);
  const read = new X509Certificate(pair.cert);
  const untilMs = read.validToDate.getTime();
  if (untilMs <= clock.nowMs()) {
    throw new MediaError({
      code: 'certificates/authority-expired',
      message: `The local authority in ${path} ended on ${read.validToDate.toISOString().slice(0, 10)}: move the file away, and a new one is made, whose root has to be trusted anew.`,
      source: 'client',
    });
  }
  const rootFile = localRootFile(dir);
  // For people to copy; the key is never in it.
  if ((await readIfPresent(rootFile))?.toString('utf8') !== pair.cert)
    await writeDurably(rootFile, pair.cert);
  const key: KeyObject = createPrivateKey(pair.key);
  const { makeLeaf, lifetimeOf } = await import('./make-certificate.ts');
  return {
    rootFile,
    root: pair.cert,
    fingerprint: read.fingerprint256,
    untilMs,
    issue(names) {
      const { untilMs: leafUntilMs } = lifetimeOf(clock.nowMs(), LEAF_DAYS);
      // Clocks of one machine differ, too, where one is turned by hand.
      const fromMs = Math.max(read.validFromDate.getTime(), clock.nowMs() - BACKDATE_MS);
      return makeLeaf(
        { cert: pair.cert, key },
        { names, lifetime: { fromMs, untilMs: Math.min(leafUntilMs, untilMs) } },
      );
    },
  };
}

async function create(path: string, clock: Clock): Promise<CertificatePair> {
  const { makeRoot, lifetimeOf } = await import('./make-certificate.ts');
  const made = makeRoot({
    // Two roots of one name and different keys would be mistaken for each other.
    commonName: `Media Network local authority ${randomBytes(4).toString('hex')}`,
    domains: [DOMAIN],
    networks: NETWORKS,
    lifetime: lifetimeOf(clock.nowMs(), ROOT_DAYS),
  });
  if (await createDurably(path, pairText(made), 0o600)) return made;
  // Another process was faster: its authority is the one.
  return readAuthority((await readIfPresent(path))?.toString('utf8') ?? '', path);
}

function readAuthority(text: string, path: string): CertificatePair {
  const pair = readPair(text);
  try {
    if (pair !== undefined && new X509Certificate(pair.cert).ca) return checkedPair(pair, path);
  } catch {
    // Said below, for whatever is wrong with it.
  }
  throw new MediaError({
    code: 'certificates/authority-unreadable',
    message: `${path} is not a private key with the root certificate that belongs to it: put back what was there, or move the file away, and a new authority is made, whose root has to be trusted anew.`,
    source: 'client',
  });
}
