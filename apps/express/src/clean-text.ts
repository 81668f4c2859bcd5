/** What shows nothing, or turns the direction of what follows: names made of it look like other names. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
/** Emoji are joined by it. */
const JOINER = '\u200D';

/** Text as it is kept and shown: one line, composed, nothing unseen; undefined where it is empty or has more than `most` characters. */
export function cleanText(text: string, most: number): string | undefined {
  const cleaned = text
    .normalize('NFC')
    .replaceAll(UNSEEN, (letter) => (letter === JOINER ? letter : ' '))
    .replaceAll(/\s+/g, ' ')
    .trim();
  const length = [...cleaned.matchAll(/./gsu)].length;
  return length === 0 || length > most ? undefined : cleaned;
}

/** As words are compared: without case, width and marks that tell letters apart only to computers. */
export const foldText = (text: string): string =>
  text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
