declare module 'm3u8-parser' {
  /** Of HLS; what it gives has `uri` wherever a playlist names something. */
  export class Parser {
    readonly manifest: object;
    push(text: string): void;
    end(): void;
  }
}
declare module 'mpd-parser' {
  /** Of DASH; what it gives has `resolvedUri` wherever a manifest names something. */
  export function parse(text: string, options: { readonly manifestUri: string }): object;
}
