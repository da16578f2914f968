import { ChronikError } from '../edge/index.ts';
import type { Setting, SettingReader } from './setting.ts';
import { storeSettings } from './store-setting-table.ts';

/** What the settings of all cloud stores have in common, beside the endpoint. */
export interface CommonSettings {
  readonly prefix: string;
  readonly caFile: string | undefined;
  readonly proxy: string | undefined;
}

const LONGEST_PREFIX_BYTES = 512;

export function readCommon(reader: SettingReader, prefixSetting: Setting): CommonSettings {
  return {
    prefix: readPrefix(reader, prefixSetting),
    caFile: reader.optionalText(storeSettings.objectStoreCaFile),
    proxy: readUrl(reader, storeSettings.objectStoreProxy, undefined)?.href,
  };
}

/** The name of a bucket or container; required. */
export function readBucket(reader: SettingReader, setting: Setting): string {
  const bucket = reader.text(setting);
  if (/^[A-Za-z0-9_.-]{1,255}$/.test(bucket)) return bucket;
  throw reader.badValue(setting, bucket, 'a name: neither a URL nor a path');
}

/** A URL of http or https without user, query or fragment; `scheme` is for texts that have none, undefined = refused. */
export function readUrl(reader: SettingReader, setting: Setting, scheme: string | undefined): URL | undefined {
  const text = reader.optionalText(setting);
  if (text === undefined) return undefined;
  const complete = /^[a-z]+:\/\//.test(text) || scheme === undefined ? text : `${scheme}://${text}`;
  const url = URL.parse(complete);
  const isProxy = setting === storeSettings.objectStoreProxy;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '' || url.hostname === '') {
    throw reader.badValue(setting, text, 'a URL that starts with https:// or http://');
  }
  if (!isProxy && (url.username !== '' || url.password !== '')) {
    throw reader.badValue(setting, 'the URL', 'without a user or a password');
  }
  return url;
}

/** The URL as text without a slash at its end. */
export function endpointText(url: URL): string {
  return url.href.replace(/\/+$/, '');
}

/** Throws SETTING_CONFLICT if more than one of the settings is set; each is one way to say the same thing. */
export function refuseSeveral(reader: SettingReader, rivals: readonly Setting[]): void {
  const set = rivals.filter((setting) => reader.isSet(setting));
  if (set.length < 2) return;
  const names = set.map((setting) => reader.nameOf(setting)).join(' and ');
  throw new ChronikError('SETTING_CONFLICT', `${names} are set, but only one of them can count`, {
    remedy: 'Remove all but one.',
  });
}

/** Throws SETTING_CONFLICT if `setting` is set although `because` leaves it without effect. */
export function refuseWithout(reader: SettingReader, setting: Setting, because: string): void {
  if (!reader.isSet(setting)) return;
  throw new ChronikError('SETTING_CONFLICT', `${reader.nameOf(setting)} is set, but ${because}`, {
    remedy: 'Remove it, or set what it needs.',
  });
}

function readPrefix(reader: SettingReader, setting: Setting): string {
  const text = reader.optionalText(setting) ?? '';
  const prefix = text.replace(/^\/+|\/+$/g, '');
  if (prefix === '') return '';
  const segments = prefix.split('/');
  const odd = segments.some((segment) => segment === '' || segment === '.' || segment === '..');
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const controls = /[\u0000-\u001f\u007f\\]/.test(prefix);
  if (odd || controls || prefix.startsWith('.') || Buffer.byteLength(prefix) > LONGEST_PREFIX_BYTES) {
    throw reader.badValue(setting, text, `a path of at most ${LONGEST_PREFIX_BYTES} bytes, like team/cluster`);
  }
  return prefix;
}
