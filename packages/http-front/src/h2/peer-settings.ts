import {
  DEFAULT_MAX_FRAME_BYTES,
  ErrorCode,
  LARGEST_31_BITS,
  LARGEST_MAX_FRAME_BYTES,
  SETTING_ENABLE_PUSH,
  SETTING_INITIAL_WINDOW_SIZE,
  SETTING_MAX_FRAME_SIZE,
  readUint32,
} from './frames.ts';

/** What a SETTINGS frame changes for us; undefined stays as it is. Settings that say nothing to us are left out. */
export type SettingsReading =
  | {
      readonly kind: 'ok';
      readonly initialWindow: number | undefined;
      readonly maxFrameBytes: number | undefined;
    }
  | { readonly kind: 'error'; readonly code: ErrorCode };

/**
 * Reads a payload (RFC 9113 §6.5). Of a setting that comes twice the last one counts; what it passes through
 * has no effect that anybody could see. SETTINGS_HEADER_TABLE_SIZE means nothing here: we use no table.
 */
export function readSettings(buffer: Buffer, start: number, end: number): SettingsReading {
  if ((end - start) % 6 !== 0) return { kind: 'error', code: ErrorCode.frameSize };
  let initialWindow: number | undefined;
  let maxFrameBytes: number | undefined;
  for (let at = start; at < end; at += 6) {
    const id = ((buffer[at] ?? 0) << 8) | (buffer[at + 1] ?? 0);
    const value = readUint32(buffer, at + 2);
    if (id === SETTING_ENABLE_PUSH && value > 1) return { kind: 'error', code: ErrorCode.protocol };
    if (id === SETTING_INITIAL_WINDOW_SIZE) {
      if (value > LARGEST_31_BITS) return { kind: 'error', code: ErrorCode.flowControl };
      initialWindow = value;
    }
    if (id === SETTING_MAX_FRAME_SIZE) {
      if (value < DEFAULT_MAX_FRAME_BYTES || value > LARGEST_MAX_FRAME_BYTES)
        return { kind: 'error', code: ErrorCode.protocol };
      maxFrameBytes = value;
    }
  }
  return { kind: 'ok', initialWindow, maxFrameBytes };
}
