import { hashOf } from './canonical.ts';
import type { KubeObject } from './kube-object.ts';
import { quantityValue } from './quantity.ts';

/** What the operator last applied, as a hash: tells when a field was taken out of the wish, which no comparison shows. */
export const APPLIED_ANNOTATION = 'chronik.stream/applied';

/** Marks an object with the hash of itself. */
export function stamped(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations, [APPLIED_ANNOTATION]: hashOf(object) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Why `wanted` (stamped) has to be applied, or undefined if what is there says all that it says. */
export function reasonToApply(wanted: KubeObject, found: KubeObject | undefined): string | undefined {
  if (found === undefined) return 'it is not there';
  const applied = found.metadata.annotations?.[APPLIED_ANNOTATION];
  if (applied !== wanted.metadata.annotations?.[APPLIED_ANNOTATION]) return 'the wish has changed';
  const drifted = firstDifference(wanted, found, '');
  return drifted === undefined ? undefined : `${drifted} was changed by somebody else`;
}

/** The path of the first field of `wanted` that `found` does not have so; the API server may add fields, never items of lists. */
function firstDifference(wanted: unknown, found: unknown, path: string): string | undefined {
  if (wanted === undefined) return undefined;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(found) || found.length !== wanted.length) return path;
    return firstOf(wanted.map((item, index) => firstDifference(item, found[index], `${path}[${index}]`)));
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof found !== 'object' || found === null) return isEmpty(wanted) ? undefined : path;
    const fields = found as Readonly<Record<string, unknown>>;
    return firstOf(
      Object.entries(wanted).map(([name, value]) => firstDifference(value, fields[name], `${path}.${name}`)),
    );
  }
  return sameValue(wanted, found, path) ? undefined : path;
}

function firstOf(differences: readonly (string | undefined)[]): string | undefined {
  return differences.find((difference) => difference !== undefined);
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

/** The API server writes quantities its own way (1024Mi becomes 1Gi), and leaves out what is empty. */
function sameValue(wanted: unknown, found: unknown, path: string): boolean {
  if (wanted === found) return true;
  if ((wanted === '' || wanted === false) && found === undefined) return true;
  if (!/\.(resources|sizeLimit)\b/.test(path)) return false;
  const value = quantityValue(wanted);
  return value !== undefined && value === quantityValue(found);
}
