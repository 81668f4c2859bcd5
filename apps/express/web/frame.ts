import { button, fill, h, select } from '@media-network/ui';
import { ask } from './api.ts';
import type { Me } from './api.ts';
import { openSignIn } from './sign-in.ts';
import { chooseLanguage, languageNames, text, titleOfSite } from './site.ts';

export async function whoAmI(): Promise<Me> {
  try {
    return await ask<Me>('GET', '/me');
  } catch {
    return { account: null, channels: [] };
  }
}

/** What stands above every page. */
export function showTop({ account }: Me): void {
  const top = document.querySelector('.top > div');
  if (top === null) return;
  const language = select(languageNames, text.language);
  language.classList.add('input');
  language.setAttribute('aria-label', text('language'));
  language.style.width = 'auto';
  language.addEventListener('change', () => chooseLanguage(language.value));
  fill(
    top,
    h('a', { class: 'skip', href: '#main' }, text('skip')),
    h(
      'div',
      { class: 'row' },
      h('a', { class: 'grow home', href: '/' }, h('strong', {}, titleOfSite)),
      h(
        'nav',
        { class: 'row', 'aria-label': titleOfSite },
        h('a', { href: '/' }, text('channels')),
        h('a', { href: '/studio' }, text('studio')),
      ),
      language,
      account === null
        ? button(text('signIn'), { kind: 'primary', press: openSignIn })
        : [
            h('span', { class: 'soft', title: account.address }, account.name),
            button(text('signOut'), {
              kind: 'quiet',
              async press() {
                await ask('POST', '/sign-out');
                location.assign('/');
              },
            }),
          ],
    ),
  );
}

/** The page itself, under its heading. */
export function showPage(title: string, ...children: readonly (Node | string)[]): void {
  document.documentElement.lang = text.language;
  document.title = `${title} · ${titleOfSite}`;
  const main = document.querySelector('#main');
  if (main !== null) fill(main, ...children);
}
