import type { Clock } from '../edge/index.ts';

/** The steps of a boot, in their order. */
export const BOOT_PHASES = [
  'probe',
  'survey',
  'promote',
  'watch',
  'metadata',
  'seal',
  'walk',
  'register',
  're-append',
] as const;
export type BootPhase = (typeof BOOT_PHASES)[number];

export interface PhaseProgress {
  readonly phase: BootPhase;
  readonly done: number;
  /** Undefined while the total is not known. */
  readonly total: number | undefined;
  /** What is counted, e.g. `slots`. */
  readonly unit: string;
  /** Size of what was counted. */
  readonly bytes: number;
  /** Milliseconds that the phase will take from here, if it goes on like this; undefined while the total is not known. */
  readonly leftMs: number | undefined;
}

/** How far a boot has come: for /status, the terminal and the log. Also measures how long each phase takes. */
export class BootProgress {
  readonly #clock: Clock;
  readonly #onChange: (progress: PhaseProgress) => void;
  readonly #durationsMs = new Map<BootPhase, number>();
  readonly #startedAtMs: number;
  #phaseStartedAtMs: number;
  #current: PhaseProgress = { phase: 'probe', done: 0, total: undefined, unit: 'steps', bytes: 0, leftMs: undefined };

  constructor(clock: Clock, onChange: (progress: PhaseProgress) => void = () => undefined) {
    this.#clock = clock;
    this.#onChange = onChange;
    this.#startedAtMs = clock.monotonicMs();
    this.#phaseStartedAtMs = this.#startedAtMs;
  }

  get current(): PhaseProgress {
    return this.#current;
  }

  enter(phase: BootPhase, unit = 'steps', total?: number): void {
    this.#endPhase();
    this.#current = { phase, done: 0, total, unit, bytes: 0, leftMs: undefined };
    this.#onChange(this.#current);
  }

  advance(count = 1, bytes = 0): void {
    const { total } = this.#current;
    const done = this.#current.done + count;
    const tookMs = this.#clock.monotonicMs() - this.#phaseStartedAtMs;
    const leftMs = total === undefined ? undefined : Math.round((tookMs * Math.max(0, total - done)) / done);
    this.#current = { ...this.#current, done, bytes: this.#current.bytes + bytes, leftMs };
    this.#onChange(this.#current);
  }

  /** Whole milliseconds by phase, and over all; ends the phase that is running. */
  finish(): { readonly phasesMs: Readonly<Partial<Record<BootPhase, number>>>; readonly totalMs: number } {
    this.#endPhase();
    const phasesMs = Object.fromEntries([...this.#durationsMs].map(([phase, ms]) => [phase, Math.round(ms)]));
    return { phasesMs, totalMs: Math.round(this.#clock.monotonicMs() - this.#startedAtMs) };
  }

  #endPhase(): void {
    const nowMs = this.#clock.monotonicMs();
    const { phase } = this.#current;
    this.#durationsMs.set(phase, (this.#durationsMs.get(phase) ?? 0) + nowMs - this.#phaseStartedAtMs);
    this.#phaseStartedAtMs = nowMs;
  }
}
