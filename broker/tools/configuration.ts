// scripts/docs            writes docs/configuration.md
// scripts/docs --check    writes nothing; fails when the committed file is not what the tables give
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settings } from '../src/config/index.ts';
import type { Setting } from '../src/config/index.ts';
import { brokerConfigs } from '../src/meta/config-defs/broker-configs.ts';
import type { ConfigDef } from '../src/meta/config-defs/config-def.ts';
import { topicConfigs } from '../src/meta/config-defs/topic-configs.ts';

const PAGE = join(import.meta.dirname, '../../docs/configuration.md');

interface Section {
  readonly title: string;
  readonly intro: string;
  /** Settings whose name begins so; the first section that fits takes a setting. */
  readonly prefixes: readonly string[];
}

const SECTIONS: readonly Section[] = [
  {
    title: 'Amazon S3, and stores that speak its protocol',
    intro: 'With `OBJECT_STORE_BACKEND=s3`.',
    prefixes: ['S3_'],
  },
  { title: 'Google Cloud Storage', intro: 'With `OBJECT_STORE_BACKEND=gcs`.', prefixes: ['GCS_'] },
  { title: 'Azure Blob Storage', intro: 'With `OBJECT_STORE_BACKEND=azure`.', prefixes: ['AZURE_'] },
  {
    title: 'Replica stores',
    intro:
      'Copies of the bucket elsewhere. A replica store `east` is described by the variables of the primary with `CHRONIK_REPLICA_EAST_` before ' +
      'them, and borrows none from it. See `docs/replicas.md`.',
    prefixes: ['CHRONIK_REPLICA'],
  },
  {
    title: 'The store',
    intro:
      'Without `OBJECT_STORE_BACKEND` the bucket is a directory. A backend that is unknown, or lacks a setting, is an error; nothing ' +
      'falls back to a directory.',
    prefixes: ['OBJECT_STORE_', 'LOCAL_'],
  },
  { title: 'Log', intro: 'The log goes to standard output.', prefixes: ['CHRONIK_LOG_'] },
  { title: 'The broker', intro: '', prefixes: [''] },
];

/** Sections in the order of the page: what everybody needs first. */
const ORDER = ['The broker', 'Log', 'The store', 'Replica stores'];

function page(): string {
  const sections = new Map<Section, Setting[]>(SECTIONS.map((section) => [section, []]));
  for (const setting of Object.values(settings) as readonly Setting[]) {
    const section = SECTIONS.find(({ prefixes }) => prefixes.some((prefix) => setting.env.startsWith(prefix)));
    if (section !== undefined) sections.get(section)?.push(setting);
  }
  const ordered = [...sections].toSorted(([a], [b]) => rank(a) - rank(b));
  return [
    '# Configuration',
    'Generated from the tables of the broker by `scripts/docs`; `make lint` fails when it is stale.',
    'Settings of the process come from flags of `chronik standalone`, then from the environment, then from the defaults. An empty ' +
      'variable counts as not set. A value that is not allowed ends the start with the name of the setting, the value and what is ' +
      'allowed. Whatever is marked *secret* is never logged, shown or put into an error.',
    ...ordered.flatMap(([{ title, intro }, members]) => [`## ${title}`, intro, settingTable(members)]),
    '## Configurations of topics',
    "Kafka's names, types and defaults. They are set when a topic is created, or later with `kafka-configs.sh`. *honoured*: any valid " +
      'value has its effect. *fixed*: only the default is accepted, since nothing else would be true; another value is refused with ' +
      'INVALID_CONFIG. Names that are not here are refused too. No configuration is accepted and then ignored.',
    configTable([...topicConfigs.values()]),
    '## Configurations of brokers',
    'As `kafka-configs.sh --entity-type brokers --describe --all` shows them. *at run time*: may be changed for one broker or for all. ' +
      '*by settings*: shown, and set by the settings above or not at all.',
    configTable([...brokerConfigs.values()]),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function rank({ title }: Section): number {
  const index = ORDER.indexOf(title);
  return index === -1 ? ORDER.length : index;
}

function settingTable(members: readonly Setting[]): string {
  const rows = members.map((setting) => [
    `\`${setting.env}\`${setting.flag === undefined ? '' : `<br>\`--${setting.flag}\``}`,
    valuesOf(setting),
    setting.default === undefined ? '' : `\`${setting.default}\``,
    setting.secret === true ? `*secret* ${setting.meaning}` : setting.meaning,
  ]);
  return table(['variable, flag', 'values', 'default', 'meaning'], rows);
}

function valuesOf({ type, unit }: Setting): string {
  switch (type.kind) {
    case 'text':
      return 'text';
    case 'switch':
      return '`true`, `false`';
    case 'address':
      return 'HOST or HOST:PORT';
    case 'choice':
      return type.values.map((value) => `\`${value}\``).join(', ');
    case 'whole':
      return `${type.min} to ${type.max}${unit === undefined ? '' : ` ${unit}`}`;
  }
}

function configTable(defs: readonly ConfigDef[]): string {
  const rows = defs
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((def) => [
      `\`${def.name}\``,
      def.type,
      defaultOf(def),
      supportOf(def),
      def.support === 'fixed' ? `${def.doc} Fixed: ${def.because}.` : def.doc,
    ]);
  return table(['name', 'type', 'default', 'support', 'meaning'], rows);
}

function defaultOf({ default: preset }: ConfigDef): string {
  if (preset === undefined) return 'null';
  return preset === '' ? 'empty' : `\`${preset}\``;
}

function supportOf(def: ConfigDef): string {
  if (def.isReadOnly === true) return 'by settings';
  if (def.support === 'fixed') return 'fixed';
  return topicConfigs.has(def.name) ? 'honoured' : 'at run time';
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`);
  return [`| ${titles.join(' | ')} |`, `|${' --- |'.repeat(titles.length)}`, ...lines].join('\n');
}

const text = page();
if (process.argv.includes('--check')) {
  const current = readFileSync(PAGE, 'utf8');
  if (current !== text) {
    console.error('docs/configuration.md: not what the tables of settings give. Remedy: scripts/docs');
    process.exitCode = 1;
  }
} else {
  // Written beside and renamed, so that nobody reads half a page.
  const beside = `${PAGE}.${process.pid}`;
  writeFileSync(beside, text);
  renameSync(beside, PAGE);
}
