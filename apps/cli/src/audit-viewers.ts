import { createHash } from 'node:crypto';
import type { Audit } from '@media-network/audit';
import { AUDIENCE_WINDOW_SECS, checkAudience } from '@media-network/protocol/audience';
import type { AudienceEvidence } from '@media-network/protocol/audience';
import { MediaError } from '@media-network/runtime';
import { z } from 'zod';
import { fetchJson } from './resource/ask-json.ts';

export interface ViewersFigures {
  readonly window: number;
  /** Beginning of the five minutes, ISO 8601. */
  readonly from: string;
  /** Viewers whose signatures hold. */
  readonly attested: number;
  /** Of what the host says by itself, and nothing shows. */
  readonly claimed: number;
  readonly watchedSecs: number;
  /** Address of the key that signed for the host. */
  readonly site: string;
  /** The page's figures of that window, where the host lists it. */
  readonly listed: number | undefined;
}

/** 100,000 viewings of some 400 bytes, and more: a host is a stranger, and is not listened to without end. */
const BOUNDS = { timeoutMs: 30_000, maxBytes: 64 * 1_024 * 1_024 } as const;
const EVIDENCE: z.ZodType<AudienceEvidence> = z.object({
  site: z.string(),
  channel: z.string(),
  window: z.number().int().min(0),
  root: z.string(),
  attested: z.number().int().min(0),
  claimed: z.number().int().min(0),
  signature: z.string(),
  viewings: z.array(
    z.object({
      clientKey: z.string(),
      hour: z.number().int().min(0),
      pass: z.string(),
      beats: z.number(),
      signature: z.string(),
    }),
  ),
});
const LIST = z.object({ windows: z.array(z.object({ window: z.number(), attested: z.number() })) });

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** Counts the viewers of a channel again. Throws `cli/no-audience` where the host publishes none. */
export async function auditViewers(
  server: string,
  channel: string,
  wanted: bigint | undefined,
): Promise<Audit<ViewersFigures>> {
  const path = `/api/channels/${encodeURIComponent(channel)}/audience`;
  const list = LIST.safeParse(await fetchJson(server, path, BOUNDS));
  const windows = list.success ? list.data.windows : [];
  const window = wanted === undefined ? windows[0]?.window : Number(wanted);
  if (window === undefined) throw noAudience(server, channel);
  const found = EVIDENCE.safeParse(await fetchJson(server, `${path}/${window}`, BOUNDS));
  if (!found.success) throw noAudience(server, channel);
  const evidence = found.data;
  const listed = windows.find((each) => each.window === window)?.attested;
  // For this channel and window, whatever the answer says that it is of.
  const finding = await checkAudience({ ...evidence, channel, window }, sha256);
  const differences = finding.differences.map(({ what, said, recomputed }) => ({
    what,
    onChain: said,
    recomputed,
  }));
  if (listed !== undefined && listed !== finding.counted)
    differences.push({
      what: 'viewers on its page',
      onChain: String(listed),
      recomputed: String(finding.counted),
    });
  const unknown = Object.entries(finding.faults).map(([fault, count]) => `${count} viewings: ${fault}`);
  return {
    agrees: differences.length === 0,
    differences,
    unknown,
    figures: {
      window,
      from: new Date(window * AUDIENCE_WINDOW_SECS * 1_000).toISOString(),
      attested: finding.counted,
      claimed: evidence.claimed,
      watchedSecs: finding.watchedSecs,
      site: evidence.site,
      listed,
    },
  };
}

const noAudience = (server: string, channel: string): MediaError =>
  new MediaError({
    code: 'cli/no-audience',
    message: `${server} publishes no such audience of "${channel}".`,
    hint: 'A window is published when its five minutes are over, and kept for a week; check --server and the name.',
    source: 'client',
  });
