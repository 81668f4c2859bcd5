/**
 * What an origin may make of a field's name. CGI and its heirs write `X-A` as `HTTP_X_A`, and so `X_A` too
 * (RFC 9110 §17.10): names that differ in punctuation only are one name.
 */
export function canonicalName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
}

/** A viewer must not be able to make us drop what the origin relies on, by naming it in Connection. */
const NOT_NAMEABLE = new Set(['authorization', 'content-length', 'cookie', 'host']);

/** The options of Connection, lower-case, but those that it cannot name (RFC 9110 §7.6.1). */
export function connectionOptions(connection: string | undefined): ReadonlySet<string> {
  const named = new Set<string>();
  for (const option of connection?.split(',') ?? []) {
    const name = option.trim().toLowerCase();
    if (!NOT_NAMEABLE.has(name)) named.add(name);
  }
  return named;
}
