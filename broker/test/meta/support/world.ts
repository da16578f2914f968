import { silentLogger } from '../../../src/edge/index.ts';
import type { Logger } from '../../../src/edge/index.ts';
import { HybridClock } from '../../../src/log/index.ts';
import type { LogContext } from '../../../src/log/index.ts';
import type { MetadataImage } from '../../../src/meta/image.ts';
import { openMetadata } from '../../../src/meta/recover/open.ts';
import type { OpenMetadataOptions, OpenedMetadata } from '../../../src/meta/recover/open.ts';
import { recoverMetadata } from '../../../src/meta/recover/recover.ts';
import type { RecoveredMetadata } from '../../../src/meta/recover/recover.ts';
import { encodeState } from '../../../src/meta/snapshot/state-codec.ts';
import { PatientStore } from '../../../src/store/index.ts';
import { VirtualTime, seededRandom } from '../../store/virtual-time.ts';
import { LINEAGE, TIMELINE } from './history.ts';
import { TestStore } from './stores.ts';

/** Snapshots only when asked for. */
export const noSnapshots = { everyEvents: Infinity, everySlots: Infinity, everyBytes: Infinity };

export class RecordingLogger implements Logger {
  readonly lines: string[] = [];
  debug(): void {}
  info(message: string): void {
    this.lines.push(message);
  }
  warn(message: string): void {
    this.lines.push(message);
  }
  error(message: string): void {
    this.lines.push(message);
  }
  child(): Logger {
    return this;
  }
}

/** One bucket on one clock, and brokers that open its metadata log. */
export class World {
  readonly time = new VirtualTime();
  readonly store = new TestStore();
  #seed = 1;

  /** A context of a process of its own. */
  context(broker = 0, logger: Logger = silentLogger, skewMs = 0): LogContext {
    const random = seededRandom(this.#seed);
    this.#seed += 1;
    const { time } = this;
    const clock = {
      nowMs: (): number => time.nowMs() + skewMs,
      monotonicMs: (): number => time.monotonicMs(),
      setTimer: (delayMs: number, callback: () => void) => time.setTimer(delayMs, callback),
      defer: (callback: () => void): void => time.defer(callback),
    };
    const store = new PatientStore(this.store, { clock, random });
    return { store, clock, random, hlc: new HybridClock(clock), logger, lineage: LINEAGE, broker };
  }

  /** Opens the log; no heartbeat and no snapshot unless asked for. */
  open(options: Partial<OpenMetadataOptions> = {}, context = this.context()): Promise<OpenedMetadata> {
    return this.time.run(
      openMetadata(context, {
        ancestry: [{ timeline: TIMELINE, cut: undefined }],
        address: 'localhost:9092',
        installation: 'here',
        heartbeatMs: 1_000_000_000,
        uploadIntervalMs: 0,
        snapshotPolicy: noSnapshots,
        ...options,
      }),
    );
  }

  recover(context = this.context()): Promise<RecoveredMetadata> {
    return this.time.run(recoverMetadata(context, { ancestry: [{ timeline: TIMELINE, cut: undefined }] }));
  }

  /** Lets everything happen that needs no time. */
  settle(): Promise<void> {
    return this.time.step(0);
  }
}

export function sameState(a: MetadataImage, b: MetadataImage): boolean {
  return encodeState(a).equals(encodeState(b));
}
