import type { AudioTrack } from '../mp4/track.ts';
import { badConfig } from './avc.ts';
import { createBitReader } from './bit-reader.ts';

const RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
] as const;

/** The track that an AudioSpecificConfig describes (ISO/IEC 14496-3, 1.6.2.1). Throws `hls/bad-config`. */
export function aacTrack(config: Uint8Array): AudioTrack {
  if (config.length < 2 || config.length > 64) throw badConfig('AAC');
  const reader = createBitReader(config);
  const typeOf = (): number => {
    const type = reader.bits(5);
    return type === 31 ? 32 + reader.bits(6) : type;
  };
  const rateOf = (): number => {
    const index = reader.bits(4);
    return index === 15 ? reader.bits(24) : (RATES[index] ?? 0);
  };
  const type = typeOf();
  const rate = rateOf();
  const channels = reader.bits(4);
  if (type === 0 || rate < 7_350 || rate > 192_000) throw badConfig('AAC');
  return {
    kind: 'audio',
    codecs: `mp4a.40.${type}`,
    format: 'mp4a',
    timescale: rate,
    // Seven stands for eight; nothing for a layout of its own, of which stereo is as good a guess as any.
    channels: channels === 0 ? 2 : channels === 7 ? 8 : channels,
    frameSamples: 1_024,
    config,
  };
}
