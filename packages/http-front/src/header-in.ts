/** The value of a field in a list of name, value, …; several of a name are one list (RFC 9110 §5.3). As `RequestReading.header`. */
export function headerIn(rawHeaders: readonly string[], lowerName: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length !== lowerName.length || name.toLowerCase() !== lowerName) continue;
    const text = rawHeaders[i + 1] ?? '';
    value = value === undefined ? text : `${value}, ${text}`;
  }
  return value;
}
