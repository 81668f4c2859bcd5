import { AUDIENCE_WINDOW_SECS } from '@media-network/protocol/audience';
import { h, notice, numbers, table } from '@media-network/ui';
import { ask, wordsOf } from './api.ts';
import { showPage } from './frame.ts';
import { text } from './site.ts';

interface Told {
  readonly attested: number;
  readonly claimed: number;
  readonly windows: readonly {
    readonly window: number;
    readonly attested: number;
    readonly claimed: number;
    readonly root: string;
  }[];
}

/** What viewers attest to, beside what the host claims. */
export async function showAudience(channel: string): Promise<void> {
  const title = text('audience', { channel });
  let told: Told;
  try {
    told = await ask<Told>('GET', `/channels/${channel}/audience`);
  } catch (error) {
    showPage(title, h('h1', {}, title), notice(wordsOf(error), 'bad'));
    return;
  }
  const { attested, claimed, windows } = told;
  showPage(
    title,
    h(
      'div',
      { class: 'stack' },
      h('h1', {}, title),
      h('p', {}, text('audienceAbout', { channel, site: location.origin })),
      numbers([
        [text('viewersAttested'), text.number(attested)],
        [text('viewersClaimed'), text.number(claimed)],
      ]),
      windows.length === 0
        ? notice(text('noAudience'))
        : table(
            title,
            [text('window'), text('attested'), text('claimed'), text('root')],
            windows.map(({ window, attested, claimed, root }) => [
              text.date(window * AUDIENCE_WINDOW_SECS * 1_000),
              text.number(attested),
              text.number(claimed),
              h('span', { class: 'figures' }, root.slice(0, 16)),
            ]),
          ),
      h('a', { href: `/watch/${channel}` }, text('watchPage')),
    ),
  );
}
