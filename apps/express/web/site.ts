import { createTexts } from '@media-network/ui';
import type { Texts } from '@media-network/ui';
import { EN } from './texts-en.ts';
import type { TextKey } from './texts-en.ts';
import { ES } from './texts-es.ts';

const CHOSEN = 'language';
const chosen = localStorage.getItem(CHOSEN);

/** Every text of the site, in the language of whoever looks. */
export const text: Texts<TextKey> = createTexts<TextKey>(
  { en: EN, es: ES },
  chosen === null ? navigator.languages : [chosen, ...navigator.languages],
);

export function chooseLanguage(language: string): void {
  localStorage.setItem(CHOSEN, language);
  location.reload();
}

export const languageNames: readonly (readonly [language: string, name: string])[] = [
  ['en', EN.languageName],
  ['es', ES.languageName],
];

export const titleOfSite: string =
  document.querySelector<HTMLMetaElement>('meta[name="application-name"]')?.content ?? '';
