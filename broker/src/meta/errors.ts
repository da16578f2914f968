import { ChronikError } from '../edge/index.ts';

/** Something in the bucket was written by a newer version of Chronik (code METADATA_FORMAT_TOO_NEW). */
export class MetadataFormatError extends ChronikError {
  constructor(what: string, details: Readonly<Record<string, unknown>> = {}) {
    super('METADATA_FORMAT_TOO_NEW', `${what}, which this version of Chronik does not know`, {
      remedy: 'Start a version of Chronik at least as new as the one that wrote it. Nothing was changed.',
      details,
    });
  }
}

/** Bytes that passed the checksum of their slot and yet are no metadata events (code METADATA_CORRUPT). */
export class MetadataCorruptError extends ChronikError {
  constructor(what: string, options: { details?: Readonly<Record<string, unknown>>; cause?: unknown } = {}) {
    super('METADATA_CORRUPT', what, {
      remedy: 'Run `chronik verify`; restore the object from another copy of the bucket if there is one.',
      ...options,
    });
  }
}

/**
 * An event that contradicts the state before it (code METADATA_EVENT_CONFLICT): refused when somebody tries to append
 * it; in a log that is read it means that the log is damaged or was written by a faulty version, and reading ends.
 */
export class EventConflictError extends ChronikError {
  constructor(what: string, details: Readonly<Record<string, unknown>> = {}) {
    super('METADATA_EVENT_CONFLICT', what, {
      remedy: 'This is a bug in Chronik or damage to the metadata log; run `chronik verify` and report it.',
      details,
    });
  }
}

/** The timeline has its last event; nothing may be appended to it (code TIMELINE_ENDED). */
export class TimelineEndedError extends ChronikError {
  constructor(timeline: string, child: string | undefined) {
    const how = child === undefined ? 'was abandoned' : `goes on in ${child}`;
    super('TIMELINE_ENDED', `timeline ${timeline} has ended: it ${how}`, {
      remedy: 'Restart the broker: it will find the timeline that counts.',
      details: { timeline, child },
    });
  }
}
