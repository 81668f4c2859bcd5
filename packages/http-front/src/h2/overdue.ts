import type { FrontLimits } from '../limits.ts';
import type { Http2Stream } from './h2-stream.ts';

/** What is to be done about a stream whose peer keeps us waiting. */
export type Overdue = 'stop-upload' | 'cut' | 'refuse' | undefined;

/** `windowShut`: the connection's window keeps every body back. */
export function overdueOf<Token>(
  stream: Http2Stream<Token>,
  waitedMs: number,
  limits: FrontLimits,
  windowShut: boolean,
): Overdue {
  if (stream.localClosed) return waitedMs > limits.lingerMs ? 'stop-upload' : undefined;
  if (stream.starved || (windowShut && stream.chunk !== undefined && stream.headSent)) {
    // The body of a hit or a piece of an answer is held for a peer that opens no window (CVE-2019-9517).
    return waitedMs > limits.writeTimeoutMs ? 'cut' : undefined;
  }
  // What was switched to may be silent for as long as its own limits say; before that nothing is awaited.
  if (stream.switched || (stream.upgrades && !stream.answered)) return undefined;
  // A reader that has enough for now is not the peer's fault.
  if (stream.remoteClosed || stream.upload === undefined || stream.upload.full) return undefined;
  if (waitedMs <= limits.bodyTimeoutMs) return undefined;
  return stream.answered ? 'cut' : 'refuse';
}
