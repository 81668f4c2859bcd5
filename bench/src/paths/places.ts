/** A place of the model, as on the map. */
export interface Place {
  readonly name: string;
  /** ISO 3166. */
  readonly country: string;
  /** As an operator there would call it. */
  readonly region: string;
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
  readonly hasEdge: boolean;
  readonly hasOrigin: boolean;
}

const place = (
  name: string,
  country: string,
  region: string,
  [latitude, longitude]: readonly [number, number],
  has: 'edge' | 'origin' | 'viewers' = 'viewers',
): Place => ({
  name,
  country,
  region,
  latitude,
  longitude,
  hasEdge: has === 'edge',
  hasOrigin: has === 'origin',
});

/** Ten, on all inhabited continents: edges in five, the origin in a sixth, viewers in all. */
export const PLACES: readonly Place[] = [
  place('Frankfurt', 'DE', 'eu-de', [50.1, 8.7], 'edge'),
  place('London', 'GB', 'eu-gb', [51.5, -0.1], 'origin'),
  place('Ashburn', 'US', 'us-east', [39.0, -77.5], 'edge'),
  place('Los Angeles', 'US', 'us-west', [34.1, -118.2], 'edge'),
  place('São Paulo', 'BR', 'sa-br', [-23.6, -46.6], 'edge'),
  place('Lagos', 'NG', 'af-ng', [6.5, 3.4]),
  place('Dubai', 'AE', 'me-ae', [25.2, 55.3]),
  place('Mumbai', 'IN', 'ap-in', [19.1, 72.9]),
  place('Singapore', 'SG', 'ap-sg', [1.35, 103.8], 'edge'),
  place('Sydney', 'AU', 'ap-au', [-33.9, 151.2]),
];

/** What lies between two machines, in one direction. */
export interface Path {
  readonly oneWayMs: number;
  /** Part of all packets that are lost. */
  readonly loss: number;
}

const EARTH_KM = 6_371;
/** Light in glass; cables go half as far again as the crow flies. */
const KM_PER_MS = 200;
const DETOUR = 1.5;
/** Switches and queues, whatever the distance. */
const LEAST_MS = 0.5;
/** Of a long way, and of none. */
const LOSS_PER_1000_KM = 0.0005;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const haversine = (angle: number): number => Math.sin(angle / 2) ** 2;

/** Great circle, kilometres. */
export function distanceKm(a: Place, b: Place): number {
  const [lat1, lat2] = [radians(a.latitude), radians(b.latitude)];
  const chord =
    haversine(lat2 - lat1) + Math.cos(lat1) * Math.cos(lat2) * haversine(radians(b.longitude - a.longitude));
  return 2 * EARTH_KM * Math.asin(Math.sqrt(chord));
}

/** Between two places, without anybody's access line. */
export function backbone(a: Place, b: Place): Path {
  const km = distanceKm(a, b);
  return { oneWayMs: LEAST_MS + (km * DETOUR) / KM_PER_MS, loss: (km / 1_000) * LOSS_PER_1000_KM };
}

/** One way after the other. */
export function along(...paths: readonly Path[]): Path {
  return {
    oneWayMs: paths.reduce((sum, { oneWayMs }) => sum + oneWayMs, 0),
    loss: 1 - paths.reduce((kept, { loss }) => kept * (1 - loss), 1),
  };
}
