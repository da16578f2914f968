import { MetadataFormatError } from './errors.ts';
import type { DiskAcks } from './image.ts';

// In order of strength; the index is the number on the wire (0 is left to "not given").
const BY_NUMBER: readonly (DiskAcks | undefined)[] = [undefined, 'none', 'acks1', 'disk'];

export function diskAcksToWire(diskAcks: DiskAcks): number {
  return BY_NUMBER.indexOf(diskAcks);
}

export function diskAcksFromWire(value: number, where: string): DiskAcks {
  const diskAcks = BY_NUMBER[value];
  if (diskAcks === undefined) throw new MetadataFormatError(`${where} holds a value of disk_acks`, { value });
  return diskAcks;
}

/** The one that allows more acknowledgements on disk only. */
export function strongerDiskAcks(a: DiskAcks, b: DiskAcks): DiskAcks {
  return BY_NUMBER.indexOf(a) >= BY_NUMBER.indexOf(b) ? a : b;
}
