import type { Answer } from './answer.ts';
import { escapedHtml, framedBy } from './embedding.ts';
import type { EmbedWish } from './embedding.ts';

/** The page that plays a channel: at home, and in pages of others. */
export interface PlayerPages {
  watch(channel: string): Answer;
  /** Undefined where nobody may embed it. */
  embed(channel: string): Answer | undefined;
}

const titled = (html: string, channel: string): string =>
  html.replace('<title>Live</title>', () => `<title>${escapedHtml(channel)}, live</title>`);

/** `page`: the player's HTML. `publicUrl`: where viewers come to, told to whoever wants to embed the channel. */
export function createPlayerPages(
  page: Answer,
  { publicUrl, embed }: { readonly publicUrl: string | undefined; readonly embed: EmbedWish },
): PlayerPages {
  const html = Buffer.from(page.body).toString('utf8');
  const discovery = (channel: string): string => {
    if (publicUrl === undefined || embed.kind === 'off') return '';
    const url = `${publicUrl}/oembed?url=${encodeURIComponent(`${publicUrl}/watch/${channel}`)}`;
    return `<link rel="alternate" type="application/json+oembed" href="${escapedHtml(url)}" title="${escapedHtml(channel)}" />`;
  };
  return {
    watch: (channel) => ({
      ...page,
      body: titled(html, channel).replace('<!-- discovery -->', () => discovery(channel)),
      headers: framedBy(["'self'"]),
    }),
    embed: (channel) =>
      embed.kind === 'off'
        ? undefined
        : {
            ...page,
            body: titled(html, channel)
              .replace('<!-- discovery -->', '')
              .replace('<body>', '<body class="embed">'),
            headers: framedBy(embed.sources),
          },
  };
}
