import { parseXml, XmlElement } from '@rgrove/parse-xml';
import { durationMs } from './duration.ts';

/** Characters; larger manifests are not looked into. Reading such a one holds up an edge for some 20 ms. */
const MAX_TEXT = 256 * 2 ** 10;
/** Names of one manifest, over all its representations. */
const MAX_NAMES = 8;
/** Longest names that are put together. */
const MAX_NAME = 2_048;
/** Widest number that a template asks for. */
const MAX_WIDTH = 20;

/** Which segments of a playlist: how many of a representation, as of when, and where the playlist is. */
export interface Next {
  readonly count: number;
  readonly nowMs: number;
  readonly url: string;
}

/**
 * What players of a DASH manifest (ISO/IEC 23009-1) ask for next, as whole URLs: of one that goes on the newest segment of each representation, of one that has ended what the leanest
 * representation of each adaptation set begins with. Nothing where it cannot be read, or has one file a representation.
 */
export function nextDashSegments(text: string, next: Next): readonly string[] {
  if (text.length > MAX_TEXT) return [];
  const manifest = rootOf(text);
  if (manifest?.name !== 'MPD') return [];
  const isLive = manifest.attributes['type'] === 'dynamic';
  const periods = childrenOf(manifest, 'Period');
  const period = isLive ? periods.at(-1) : periods[0];
  if (period === undefined) return [];
  const startMs =
    (Date.parse(manifest.attributes['availabilityStartTime'] ?? '') || 0) +
    (durationMs(period.attributes['start']) ?? 0);
  const moment: Moment = isLive ? { isLive, sinceMs: next.nowMs - startMs } : { isLive, sinceMs: 0 };
  const names: string[] = [];
  for (const set of childrenOf(period, 'AdaptationSet')) {
    const found = childrenOf(set, 'Representation').toSorted(byBandwidth);
    for (const representation of isLive ? found : found.slice(0, 1)) {
      const levels = [manifest, period, set, representation];
      const base = levels.map((level) => childrenOf(level, 'BaseURL')[0]?.text.trim() ?? '');
      for (const name of namesOf(levels, isLive ? 1 : next.count, moment)) {
        const url = resolved(next.url, [...base, name]);
        if (url !== undefined) names.push(url);
      }
      if (names.length >= MAX_NAMES) return [...new Set(names)].slice(0, MAX_NAMES);
    }
  }
  return [...new Set(names)];
}

interface Moment {
  readonly isLive: boolean;
  /** Since the period began. */
  readonly sinceMs: number;
}

function rootOf(text: string): XmlElement | undefined {
  try {
    return parseXml(text).root ?? undefined;
  } catch {
    // No XML, or nested deeper than the stack: a player would not read it either.
    return undefined;
  }
}

function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter(
    (child): child is XmlElement => child instanceof XmlElement && child.name === name,
  );
}

const byBandwidth = (left: XmlElement, right: XmlElement): number =>
  (count(left.attributes['bandwidth']) ?? 0) - (count(right.attributes['bandwidth']) ?? 0);

/** A whole number of at most 15 digits, which every sum here keeps exact. */
function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** `levels`: manifest, period, adaptation set, representation; what is said nearer to the last holds. */
function namesOf(levels: readonly XmlElement[], wanted: number, moment: Moment): readonly string[] {
  const listed = levels.flatMap((level) => childrenOf(level, 'SegmentList')).at(-1);
  return listed === undefined ? byTemplate(levels, wanted, moment) : byList(listed, wanted, moment);
}

function byList(list: XmlElement, wanted: number, { isLive }: Moment): readonly string[] {
  const begin = childrenOf(list, 'Initialization').flatMap((each) => each.attributes['sourceURL'] ?? []);
  const media = childrenOf(list, 'SegmentURL').flatMap((each) => each.attributes['media'] ?? []);
  return [...begin.slice(0, 1), ...(isLive ? media.slice(-wanted) : media.slice(0, wanted))];
}

function byTemplate(levels: readonly XmlElement[], wanted: number, moment: Moment): readonly string[] {
  const templates = levels.flatMap((level) => childrenOf(level, 'SegmentTemplate'));
  const said: Readonly<Record<string, string>> = Object.assign(
    {},
    ...templates.map(({ attributes }) => attributes),
  );
  const timeline = templates.flatMap((each) => childrenOf(each, 'SegmentTimeline')).at(-1);
  const timescale = count(said['timescale']) ?? 1;
  const first = count(said['startNumber']) ?? 1;
  const segments =
    timeline === undefined
      ? byDuration({ first, ticks: count(said['duration']), timescale }, wanted, moment)
      : byTimeline(timeline, first, wanted, moment);
  const { attributes } = levels.at(-1) ?? { attributes: {} };
  const filled = (template: string | undefined, segment: Segment): string[] =>
    template === undefined ? [] : (filledIn(template, { ...segment, attributes }) ?? []);
  return [
    ...filled(said['initialization'], { number: 0, time: 0 }),
    ...segments.flatMap((segment) => filled(said['media'], segment)),
  ];
}

interface Segment {
  readonly number: number;
  /** In ticks of the template's timescale. */
  readonly time: number;
}

function byDuration(
  { first, ticks, timescale }: { first: number; ticks: number | undefined; timescale: number },
  wanted: number,
  { isLive, sinceMs }: Moment,
): readonly Segment[] {
  if (ticks === undefined || ticks === 0 || timescale === 0) return [];
  // The newest is the last that is whole.
  const whole = isLive ? Math.floor((sinceMs * timescale) / 1_000 / ticks) : wanted;
  if (whole < 1 || !Number.isSafeInteger(whole * ticks)) return [];
  const from = isLive ? Math.max(0, whole - wanted) : 0;
  return Array.from({ length: Math.min(wanted, whole) }, (_, index) => ({
    number: first + from + index,
    time: (from + index) * ticks,
  }));
}

/** Runs of equal segments: `t` where one begins, `d` how long each is, `r` how many follow the first. */
function byTimeline(
  timeline: XmlElement,
  first: number,
  wanted: number,
  { isLive }: Moment,
): readonly Segment[] {
  let kept: Segment[] = [];
  let [number, time] = [first, 0];
  for (const { attributes } of childrenOf(timeline, 'S')) {
    const [ticks, more] = [count(attributes['d']), count(attributes['r'] ?? '0')];
    time = count(attributes['t']) ?? time;
    // A run without an end (`r` below 0) cannot be counted out.
    if (ticks === undefined || more === undefined) return kept;
    const after = time + (more + 1) * ticks;
    if (!Number.isSafeInteger(after)) return kept;
    const skipped = isLive ? Math.max(0, more + 1 - wanted) : 0;
    const shown = Math.min(wanted, more + 1);
    for (let index = skipped; index < skipped + shown; index += 1)
      kept.push({ number: number + index, time: time + index * ticks });
    kept = isLive ? kept.slice(-wanted) : kept.slice(0, wanted);
    [number, time] = [number + more + 1, after];
    if (!isLive && kept.length === wanted) return kept;
  }
  return kept;
}

/** `$Number%05d$`, `$Time$`, `$RepresentationID$`, `$Bandwidth$`, `$$`; undefined where it asks for anything else. */
function filledIn(
  template: string,
  { number, time, attributes }: Segment & { attributes: Readonly<Record<string, string>> },
): string[] | undefined {
  const values: Readonly<Record<string, string | undefined>> = {
    '': '$',
    Number: String(number),
    Time: String(time),
    RepresentationID: attributes['id'],
    Bandwidth: attributes['bandwidth'],
  };
  let isKnown = template.length <= MAX_NAME;
  const name = template.replaceAll(
    /\$([A-Za-z]*)(?:%0(\d{1,2})d)?\$/g,
    (_, key: string, width: string | undefined) => {
      const value = Object.hasOwn(values, key) ? values[key] : undefined;
      isKnown &&= value !== undefined && Number(width ?? 0) <= MAX_WIDTH;
      return (value ?? '').padStart(isKnown ? Number(width ?? 0) : 0, '0');
    },
  );
  return isKnown ? [name] : undefined;
}

/** Names one after the other, each against those before it. */
function resolved(url: string, names: readonly string[]): string | undefined {
  let base: URL | null = URL.parse(url);
  for (const name of names) {
    if (base === null || name.length > MAX_NAME) return undefined;
    if (name !== '') base = URL.parse(name, base);
  }
  return base?.href;
}
