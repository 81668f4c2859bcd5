/** Texts by name; `{name}` stands for what is told with it. */
export type Catalogue<Key extends string = string> = Readonly<Record<Key, string>>;

export interface Texts<Key extends string> {
  /** As `en` or `es`. */
  readonly language: string;
  readonly languages: readonly string[];
  /** A text, with its blanks filled in. */
  (key: Key, values?: Readonly<Record<string, string | number>>): string;
  number(value: number): string;
  date(ms: number): string;
  /** `3 minutes ago`. */
  ago(ms: number, nowMs: number): string;
}

const UNITS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];

/**
 * Texts in the first of the wished languages that there is, or in the first there is. That each catalogue has every text is
 * checked by the compiler: they share the type of their keys.
 */
export function createTexts<Key extends string>(
  catalogues: Readonly<Record<string, Catalogue<Key>>>,
  wished: readonly string[],
): Texts<Key> {
  const languages = Object.keys(catalogues);
  const language =
    wished.map((each) => each.split('-')[0] ?? '').find((each) => languages.includes(each)) ??
    languages[0] ??
    'en';
  const catalogue = catalogues[language];
  const text = (key: Key, values: Readonly<Record<string, string | number>> = {}): string =>
    (catalogue?.[key] ?? key).replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
  const numbers = new Intl.NumberFormat(language);
  const dates = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  return Object.assign(text, {
    language,
    languages,
    number: (value: number) => numbers.format(value),
    date: (ms: number) => dates.format(ms),
    ago(ms: number, nowMs: number) {
      const past = ms - nowMs;
      const [unit, size] = UNITS.find(([, each]) => Math.abs(past) >= each) ?? ['second', 1_000];
      // Halves away from now, before it as after it.
      return relative.format(Math.sign(past) * Math.round(Math.abs(past) / size), unit);
    },
  });
}
