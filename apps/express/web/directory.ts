import { badge, button, fill, h, notice, select } from '@media-network/ui';
import { ask, wordsOf } from './api.ts';
import type { Card } from './api.ts';
import { showPage } from './frame.ts';
import { text } from './site.ts';
import type { TextKey } from './texts-en.ts';

interface Page {
  readonly categories: readonly string[];
  readonly live: readonly Card[];
  readonly channels: readonly Card[];
  readonly next: string | null;
}

/** Whoever types is not asked after for so long. */
const TYPING_MS = 120;
const REFRESH_MS = 10_000;

// The API's categories each have a text.
export const categoryWords = (category: string): string => text(`category.${category}` as TextKey);

/** Another address every ten seconds, so that it is asked for anew. */
function still(name: string): HTMLImageElement {
  const image = h('img', {
    alt: '',
    src: `/live/${name}/preview.jpg?${Math.floor(Date.now() / REFRESH_MS)}`,
    loading: 'lazy',
  });
  image.addEventListener('error', () => image.remove());
  return image;
}

function tile(card: Card): HTMLElement {
  const { name, title, category, live, viewers, airedMs } = card;
  const about = live
    ? text('watching', { count: text.number(viewers) })
    : airedMs === 0
      ? text('neverAired')
      : text('airedAgo', { ago: text.ago(airedMs, Date.now()) });
  return h(
    'li',
    {},
    h(
      'a',
      { class: 'card tile', href: `/watch/${name}` },
      h('div', { class: 'still' }, live ? [still(name), badge(text('live'), 'live')] : null),
      h(
        'div',
        {},
        h('strong', {}, title),
        h('div', { class: 'soft small' }, `${name} · ${categoryWords(category)}`),
        h('div', { class: 'soft small' }, about),
      ),
    ),
  );
}

/** What is on air, and what there is, narrowed down as one types. */
export function showDirectory(): void {
  const query = new URLSearchParams(location.search);
  const search = h('input', {
    type: 'search',
    class: 'input',
    id: 'search',
    'aria-label': text('search'),
    placeholder: text('search'),
    autocomplete: 'off',
    value: query.get('search') ?? '',
  });
  const category = h('div', {});
  const wishes = { category: query.get('category') ?? '' };
  const said = h('p', { class: 'soft', role: 'status' }, text('loading'));
  const live = h('ul', { class: 'tiles' });
  const all = h('ul', { class: 'tiles' });
  const liveSection = h('section', { class: 'stack' }, h('h2', {}, text('liveNow')), live);
  const more = h('div', {});
  const allSection = h('section', { class: 'stack' }, h('h2', {}, text('allChannels')), all, more);
  let asked = 0;
  let wentOn = false;

  async function lookUp(after?: string): Promise<void> {
    asked += 1;
    const mine = asked;
    wentOn = after !== undefined;
    const wanted = new URLSearchParams();
    if (search.value !== '') wanted.set('search', search.value);
    if (wishes.category !== '') wanted.set('category', wishes.category);
    history.replaceState(null, '', wanted.size === 0 ? '/' : `/?${wanted}`);
    if (after !== undefined) wanted.set('after', after);
    try {
      const page = await ask<Page>('GET', `/channels?${wanted}`);
      // Of what was typed since, another answer comes.
      if (mine === asked) show(page, after !== undefined);
    } catch (error) {
      fill(said, notice(text('failed', { why: wordsOf(error) }), 'bad'));
    }
  }

  function show({ categories, live: onAir, channels, next }: Page, isMore: boolean): void {
    if (category.childElementCount === 0) {
      const chosen = select(
        [['', text('category.all')], ...categories.map((each) => [each, categoryWords(each)] as const)],
        wishes.category,
      );
      chosen.className = 'input';
      chosen.setAttribute('aria-label', text('category'));
      chosen.addEventListener('change', () => {
        wishes.category = chosen.value;
        void lookUp();
      });
      fill(category, chosen);
    }
    const tiles = channels.map((card) => tile(card));
    if (isMore) all.append(...tiles);
    else {
      fill(
        live,
        onAir.map((card) => tile(card)),
      );
      fill(all, tiles);
    }
    const searching = search.value !== '';
    liveSection.hidden = searching || live.childElementCount === 0;
    allSection.hidden = all.childElementCount === 0;
    const count = all.childElementCount;
    if (searching)
      fill(said, count === 0 ? text('noChannels') : text('found', { count: text.number(count) }));
    else fill(said, live.childElementCount === 0 ? text('nobodyLive') : '');
    fill(more, next === null ? null : button(text('more'), { press: () => lookUp(next) }));
  }

  // What is on air changes while one looks; nothing moves under whoever is choosing, or has gone further down.
  setInterval(() => {
    const isBusy = [live, all].some((list) => list.contains(document.activeElement));
    if (document.visibilityState === 'visible' && !isBusy && !wentOn) void lookUp();
  }, REFRESH_MS);
  let typing: ReturnType<typeof setTimeout> | undefined;
  search.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => void lookUp(), TYPING_MS);
  });
  showPage(
    text('channels'),
    h(
      'div',
      { class: 'stack' },
      h('div', { class: 'row' }, h('h1', { class: 'grow' }, text('channels')), category),
      search,
      said,
      liveSection,
      allSection,
    ),
  );
  void lookUp();
}
