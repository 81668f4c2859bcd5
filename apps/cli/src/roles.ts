import { ROLE } from '@media-network/chain/schema';
import { MediaError } from '@media-network/runtime';

const ROLES: ReadonlyMap<string, number> = new Map(Object.entries(ROLE));

export const ROLE_NAMES: readonly string[] = [...ROLES.keys()];

export function parseRole(text: string): number {
  const role = ROLES.get(text);
  if (role !== undefined) return role;
  throw new MediaError({
    code: 'cli/bad-role',
    message: `There is no role "${text}".`,
    hint: `Choose from ${ROLE_NAMES.join(', ')} with --role.`,
    source: 'client',
  });
}

export function nameIn(table: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(table).find(([, each]) => each === value)?.[0] ?? String(value);
}
