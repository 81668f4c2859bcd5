import { shippedAsns, shippedCountries } from '@media-network/geo';
import type { AsnTable, CountryTable } from '@media-network/geo';
import { partOfCountry } from '@media-network/steering';
import type { RegionOf, SteeredAsker } from '@media-network/steering';

/** Prefixes of which it is remembered what a table said: a lookup costs more than all else of an answer. */
const MAX_REMEMBERED = 65_536;

/** Where prefixes are, by a table of countries: the same at every guard that has the same table. */
export function createRegionTable(countries: CountryTable = shippedCountries()): RegionOf {
  return remembering((asker) => {
    const country = countries.countryOf(textOf(asker));
    return country === undefined ? undefined : partOfCountry(country);
  });
}

/** Whose network prefixes are in, as `AS64500`. */
export function createNetworkTable(asns: AsnTable = shippedAsns()): RegionOf {
  return remembering((asker) => {
    const asn = asns.asnOf(textOf(asker));
    return asn === undefined ? undefined : `AS${asn}`;
  });
}

function remembering(find: RegionOf): RegionOf {
  const remembered = new Map<number, string | undefined>();
  return (asker) => {
    const key = keyOf(asker);
    const before = remembered.get(key);
    if (before !== undefined || remembered.has(key)) return before;
    const found = find(asker);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(key, found);
    return found;
  };
}

/** 24 bits of IPv4, 48 of IPv6: what a table tells apart. */
function keyOf({ family, address }: SteeredAsker): number {
  let key = family;
  for (let i = 0; i < (family === 4 ? 3 : 5); i += 1) key = key * 256 + (address[i] ?? 0);
  return family === 4 ? key : key * 256 + (address[5] ?? 0);
}

function textOf({ family, address }: SteeredAsker): string {
  if (family === 4) return address.subarray(0, 4).join('.');
  const group = (i: number): string => (((address[i] ?? 0) << 8) | (address[i + 1] ?? 0)).toString(16);
  return `${group(0)}:${group(2)}:${group(4)}::`;
}
