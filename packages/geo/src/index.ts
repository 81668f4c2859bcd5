export type { AsnTable } from './asn-table.ts';
export type { CountryTable } from './country-table.ts';
export { openAsns, openCountries, shippedAsns, shippedCountries } from './open-tables.ts';
export { readPrefix } from './ranges.ts';
