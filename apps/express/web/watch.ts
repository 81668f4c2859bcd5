import { badge, button, fill, h, notice } from '@media-network/ui';
import { ask, wordsOf } from './api.ts';
import type { Card, Channel, Me } from './api.ts';
import { createChat } from './chat.ts';
import { categoryWords } from './directory.ts';
import { showPage } from './frame.ts';
import { startHeartbeats } from './heartbeat.ts';
import { createPlayer } from './player.ts';
import { openSignIn } from './sign-in.ts';
import { text } from './site.ts';

interface Told {
  readonly channel: Channel;
  readonly card: Card;
  readonly follows: boolean;
  readonly moderates: boolean;
}

const LOOK_MS = 5_000;

/** A channel's stream with its chat. */
export async function showWatch(name: string, { account }: Me): Promise<void> {
  let told: Told;
  try {
    told = await ask<Told>('GET', `/channels/${name}`);
  } catch (error) {
    showPage(name, h('h1', {}, name), notice(wordsOf(error), 'bad'));
    return;
  }
  const { channel, moderates } = told;
  const player = createPlayer(`/live/${name}/index.m3u8`, channel.title);
  const state = h('span', { class: 'row' });
  const showState = ({ live, viewers }: Card): void =>
    fill(
      state,
      live ? badge(text('live'), 'live') : badge(text('offAir')),
      live ? h('span', { class: 'soft' }, text('watching', { count: text.number(viewers) })) : null,
    );
  showState(told.card);
  const follow = h('div', {});
  const showFollow = (follows: boolean): void =>
    fill(
      follow,
      button(text(follows ? 'unfollow' : 'follow'), {
        async press() {
          if (account === null) return openSignIn();
          await ask('PUT', `/channels/${name}/follow`, { follow: !follows });
          showFollow(!follows);
        },
      }),
    );
  showFollow(told.follows);
  showPage(
    channel.title,
    h(
      'div',
      { class: 'watch' },
      h(
        'div',
        { class: 'stack' },
        player.element,
        h('div', { class: 'row' }, h('h1', { class: 'grow' }, channel.title), follow),
        h(
          'div',
          { class: 'row' },
          state,
          h('span', { class: 'soft' }, `${name} · ${categoryWords(channel.category)}`),
          h('a', { href: `/audience/${name}` }, text('audienceLink')),
        ),
      ),
      createChat({ channel: name, me: account?.address, moderates }),
    ),
  );
  // A browser without such keys is not counted, and plays all the same.
  void startHeartbeats(name, () => player.playing).catch(() => undefined);
  setInterval(() => {
    void ask<Told>('GET', `/channels/${name}`).then(
      ({ card }) => showState(card),
      () => undefined,
    );
  }, LOOK_MS);
}
