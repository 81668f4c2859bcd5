/** What a request gets; `maxAge` in seconds, undefined where nobody may keep it. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array | string;
  readonly maxAge: number | undefined;
  /** It never changes. */
  readonly immutable?: boolean;
  /** More fields of its head. */
  readonly headers?: Readonly<Record<string, string>>;
}

export const PLAYLIST = 'application/vnd.apple.mpegurl';
export const VTT = 'text/vtt';
export const JSON_TYPE = 'application/json';

export const problem = (status: number, code: string, message: string): Answer => ({
  status,
  type: JSON_TYPE,
  body: `${JSON.stringify({ error: { code, message } })}\n`,
  maxAge: undefined,
});
