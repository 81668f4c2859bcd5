/** Countries by the part of the world that operators name their regions after (ISO 3166 codes). */
const PARTS: Readonly<Record<string, string>> = {
  af: 'AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW',
  ap: 'AF AS AU BD BN BT CC CK CN CX FJ FM GU HK HM ID IN IO JP KG KH KI KP KR KZ LA LK MH MM MN MO MP MV MY NC NF NP NR NU NZ PF PG PH PK PN PW SB SG TH TJ TK TL TM TO TV TW UM UZ VN VU WF WS',
  eu: 'AD AL AM AT AX AZ BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GE GG GI GL GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM TR UA VA XK',
  me: 'AE BH IL IQ IR JO KW LB OM PS QA SA SY YE',
  sa: 'AR BO BR CL CO EC FK GF GS GY PE PY SR UY VE',
  us: 'AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM PR SV SX TC TT US VC VG VI',
};
const PART_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(PARTS).flatMap(([part, countries]) =>
    countries.split(' ').map((country) => [country, part] as const),
  ),
);

/** The region that viewers of a country ask from, such as `eu-de`: nearest is one of that name, then any of the part. */
export function partOfCountry(country: string): string | undefined {
  const part = PART_OF.get(country);
  return part === undefined ? undefined : `${part}-${country.toLowerCase()}`;
}
