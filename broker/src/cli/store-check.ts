import type { Environment, NamedStoreConfig } from '../config/index.ts';
import { readBrokerConfig } from '../config/index.ts';
import { SystemDisk, systemClock, systemRandom } from '../edge/index.ts';
import { LocalStore, WHAT_MAY_BE_TIERED, checkStore, openStore } from '../store/index.ts';
import type { ObjectStore, StoreCheck } from '../store/index.ts';
import { CLOUD_LINGER_MS } from './batching.ts';
import { chooseStore } from './open-bucket.ts';
import { showStoreProgress } from './store-progress.ts';
import { formatPairs, formatTable, grouped } from './table.ts';

export interface StoreCheckCommand {
  readonly json: boolean;
  /** Name of the store; undefined = the primary. */
  readonly store: string | undefined;
}

/** Exit codes of `chronik store check`; 2 is a wrong setting, 3 a store that cannot be checked. */
const CheckExit = { usable: 0, refused: 1 } as const;

/** `chronik store check`: tries what a broker needs. Answers the exit code; rejects with what kept it from checking. */
export async function runStoreCheck(
  environment: Environment,
  { json, store: name }: StoreCheckCommand,
): Promise<number> {
  const { metadata, wal } = readBrokerConfig(environment);
  const store = await open(chooseStore(environment, name));
  const progress = showStoreProgress();
  try {
    const rates = { heartbeatMs: metadata.heartbeatMs, lingerMs: wal.lingerMs ?? CLOUD_LINGER_MS };
    const onProgress = progress.show;
    const check = await checkStore(store, { clock: systemClock, random: systemRandom, rates, onProgress });
    progress.end();
    process.stdout.write(json ? `${JSON.stringify(check, null, 2)}\n` : inWords(check));
    return check.problems.length === 0 ? CheckExit.usable : CheckExit.refused;
  } finally {
    progress.end();
    await store.close();
  }
}

async function open(config: NamedStoreConfig): Promise<ObjectStore> {
  const edges = { clock: systemClock, disk: new SystemDisk(), random: systemRandom };
  if (config.backend === 'local') {
    // Opening a directory for writing would make it where there is none.
    const reading = await LocalStore.openForReading({ ...edges, path: config.path });
    await reading.close();
  }
  return openStore(config, edges);
}

function inWords(check: StoreCheck): string {
  const { guarantees, permissions, latency, remarks, problems } = check;
  const proven = guarantees.map((guarantee) => `proven    ${guarantee}\n`).join('');
  const allowed = formatTable(
    [{ title: 'action' }, { title: 'permission' }, { title: 'needed' }, { title: 'allowed' }],
    permissions.map(({ action, permission, isNeeded, isAllowed }) => [
      action,
      permission,
      isNeeded ? 'yes' : 'no',
      isAllowed ? 'yes' : 'NO',
    ]),
  );
  const measured = formatTable(
    [{ title: 'request' }, { title: 'bytes', isNumber: true }, ...numbers('times', 'p50 ms', 'p99 ms')],
    latency.map(({ request, sizeBytes, count, p50Ms, p99Ms }) => [
      request,
      sizeBytes,
      count,
      p50Ms.toFixed(1),
      p99Ms.toFixed(1),
    ]),
  );
  const said = remarks.map((remark) => `remark    ${remark}\n`).join('');
  const refused = problems.map(
    ({ code, message, remedy }) => `refused   ${message}\n  code:   ${code}\n  remedy: ${remedy}\n`,
  );
  return [
    formatPairs([['store', check.store], ...settings(check)]),
    proven,
    allowed,
    latency.length === 0 ? '' : measured,
    costs(check),
    said,
    ...refused,
    problems.length === 0 ? 'a broker can run on this store\n' : 'a broker must not run on this store as it is\n',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function settings({ versioning, lifecycle, clockSkewMs }: StoreCheck): readonly (readonly [string, string])[] {
  const rows: (readonly [string, string])[] = [];
  if (versioning !== undefined) {
    rows.push(['versioning', versioning.isKnown ? versioning.value : `not known: ${versioning.why}`]);
  }
  if (lifecycle?.isKnown === false) rows.push(['lifecycle', `not known: ${lifecycle.why}`]);
  if (lifecycle?.isKnown === true && lifecycle.value.length === 0) rows.push(['lifecycle', 'no rules']);
  if (lifecycle?.isKnown === true) {
    for (const { id, prefixes, effect, text } of lifecycle.value) {
      rows.push([
        'lifecycle',
        `${id}: ${effect} ${prefixes.length === 0 ? 'everything' : prefixes.join(', ')}, ${text}`,
      ]);
    }
  }
  const skew = clockSkewMs === undefined ? 'the store says no time' : `within ${Math.abs(clockSkewMs) / 1000 + 1} s`;
  rows.push(['clock', skew]);
  return rows;
}

function costs({ cost }: StoreCheck): string {
  if (cost === undefined) return '';
  const { prices, idle, busy, usdPer100GibMonth } = cost;
  const rows = [
    ['idle broker', grouped(idle.writes), grouped(idle.reads), idle.usd.toFixed(2)],
    ['busy broker', grouped(busy.writes), grouped(busy.reads), busy.usd.toFixed(2)],
    ['100 GiB kept', '', '', usdPer100GibMonth.toFixed(2)],
  ];
  const table = formatTable([{ title: 'per 30 days' }, ...numbers('writes', 'reads', 'usd')], rows);
  return `${table}at the list prices of ${prices.of} (${prices.asOf}, ${prices.source})\n`;
}

function numbers(...titles: readonly string[]): readonly { readonly title: string; readonly isNumber: true }[] {
  return titles.map((title) => ({ title, isNumber: true }));
}

/** For the help of the command. */
export const STORE_CHECK_HELP = `
Writes below probe/ only, and removes it again if it may. A broker may be running on the store.
${WHAT_MAY_BE_TIERED}
Exit status: 0 usable, 1 refused, 2 wrong usage or settings, 3 could not be checked.
`;
