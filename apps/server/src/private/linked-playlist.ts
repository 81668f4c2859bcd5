/** What players ask for with the link of their playlist: other playlists and keys; and all, where files are as they were. */
export type Linked = 'lists-and-keys' | 'all';

const LISTS = /\.(?:m3u8|key)$/;

/** A list of pictures (WebVTT), each with its viewer's link before the part of it that is meant. */
export const picturesWithLink = (list: string, link: string): string =>
  list.replaceAll(/^(sprite-\d+\.jpg)#/gm, (_, file: string) => `${file}?link=${link}#`);

/** A playlist whose addresses carry its viewer's link: it is for that viewer alone. `link`: letters that need no escape. */
export function withLink(playlist: string, link: string, which: Linked): string {
  const add = (uri: string): string => (which === 'all' || LISTS.test(uri) ? `${uri}?link=${link}` : uri);
  return playlist
    .split('\n')
    .map((line) =>
      line.startsWith('#')
        ? line.replaceAll(/URI="([^"]+)"/g, (_, uri: string) => `URI="${add(uri)}"`)
        : line === ''
          ? line
          : add(line),
    )
    .join('\n');
}
