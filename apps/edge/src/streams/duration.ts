/** A duration of XML Schema, as DASH has them: `PT1M2.5S`, `P1DT2H`, years and months only of 0; in milliseconds, above 0. */
export function durationMs(text: string | undefined): number | undefined {
  const [all, days = '0', hours = '0', minutes = '0', rest = '0'] =
    /^P(?:0+Y)?(?:0+M)?(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$/.exec(
      text ?? '',
    ) ?? [];
  if (all === undefined) return undefined;
  const seconds = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(rest);
  const ms = Math.round(seconds * 1_000);
  return ms > 0 ? ms : undefined;
}
