import { formatBytes } from '../amounts.ts';
import { fieldsOf } from '../resource/ask-json.ts';

const WHY: ReadonlyMap<string, string> = new Map([
  ['edge/off-hours', 'off its hours'],
  ['edge/month-used', 'its month is used up'],
  ['edge/at-capacity', 'at its cap'],
]);

function duration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.ceil((seconds % 3_600) / 60)];
  if (hours >= 48) return `${Math.round(hours / 24)} days`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`;
}

/** What an edge says that it gives at most, from its `/v1/info`, in words; undefined where it has no cap. */
export function capsWords(info: ReadonlyMap<string, unknown> | undefined): string | undefined {
  const caps = fieldsOf(info?.get('caps'));
  const number = (name: string): number | undefined => {
    const value = caps.get(name);
    return typeof value === 'number' ? value : undefined;
  };
  const [mbit, gb, monthBytes] = [number('maxMbit'), number('maxGbMonth'), number('monthBytes')];
  const code = caps.get('code');
  const parts: string[] = [];
  if (typeof code === 'string')
    parts.push(`${WHY.get(code) ?? code} for ${duration(number('retryAfterSeconds') ?? 0)}`);
  if (gb !== undefined) parts.push(`${formatBytes(monthBytes ?? 0)} of ${gb} GB this month`);
  if (mbit !== undefined) parts.push(`${mbit} Mbit/s at most`);
  return parts.length === 0 ? undefined : parts.join(', ');
}
