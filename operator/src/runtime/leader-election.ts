import { isStatus, types } from '../kube/index.ts';
import type { KubeApi } from '../kube/index.ts';
import type { KubeObject } from '../plan/index.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly renewTime?: string;
    readonly acquireTime?: string;
    readonly leaseTransitions?: number;
  };
}

export interface ElectionOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly name: string;
  /** Different for every process. */
  readonly identity: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Others may take the lease when it was not renewed for this long. */
const LEASE_SECONDS = 15;
/** Whoever could not renew for this long stops writing: well before others may begin. */
const DEADLINE_MS = 10_000;
const RENEW_MS = 3_000;

/**
 * Leadership by a Lease. Two operators never harm each other's data (every write is idempotent or carries its evidence); the
 * lease keeps them from disturbing one another.
 */
export class LeaderElection {
  readonly #options: ElectionOptions;
  /** Begin of the last renewal that succeeded, on the monotonic clock. */
  #renewedMs = Number.NEGATIVE_INFINITY;
  /** What another holder wrote last, and when we first saw it: clocks of different machines are not compared. */
  #seen: { readonly version: string; readonly atMs: number } | undefined;
  #released = false;

  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  /** True while writing is allowed. Asked before every single write. */
  get leads(): boolean {
    return !this.#released && this.#options.clock.monotonicMs() - this.#renewedMs < DEADLINE_MS;
  }

  /** Resolves once this process leads, or the signal aborts. */
  async acquire(signal: AbortSignal): Promise<void> {
    const { clock, log, identity } = this.#options;
    while (!signal.aborted) {
      await this.#attempt();
      if (this.leads) {
        log.info('Leading', { identity });
        return;
      }
      await clock.sleep(RENEW_MS * (0.8 + clock.random() * 0.4), signal);
    }
  }

  /** Renews until leadership is lost (resolves 'lost') or the signal aborts. */
  async keep(signal: AbortSignal): Promise<'lost' | 'stopped'> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(RENEW_MS, signal);
      if (signal.aborted) break;
      await this.#attempt();
      if (!this.leads) {
        log.error('Leadership is lost');
        return 'lost';
      }
    }
    return 'stopped';
  }

  /** Gives the lease back, so that another does not have to wait for its end. From the call on nothing is written. */
  async release(): Promise<void> {
    const { api, identity, log } = this.#options;
    const led = this.leads;
    this.#released = true;
    if (!led) return;
    try {
      const found = await this.#read();
      if (found?.spec?.holderIdentity !== identity) return;
      await api.replace({ ...found, ...TYPE, spec: { ...found.spec, holderIdentity: '', leaseDurationSeconds: 1 } });
    } catch (error) {
      log.warn('The lease was not given back; it ends by itself', { error });
    }
  }

  async #attempt(): Promise<void> {
    if (this.#released) return;
    const { clock, log } = this.#options;
    const startedMs = clock.monotonicMs();
    try {
      if (await this.#take()) this.#renewedMs = startedMs;
    } catch (error) {
      if (isStatus(error, 409)) {
        // Somebody else was faster: what we held, if anything, is theirs.
        this.#renewedMs = Number.NEGATIVE_INFINITY;
        return;
      }
      log.warn('The lease could not be renewed', { error });
    }
  }

  /** Creates, takes or renews the lease; false if another holds it. Every write carries the version that was looked at. */
  async #take(): Promise<boolean> {
    const { api, namespace, name, identity, clock } = this.#options;
    const found = await this.#read();
    const now = new Date(clock.nowMs()).toISOString().replace('Z', '000Z');
    const mine = { holderIdentity: identity, leaseDurationSeconds: LEASE_SECONDS, renewTime: now };
    if (found === undefined) {
      const spec = { ...mine, acquireTime: now, leaseTransitions: 0 };
      await api.create({ ...TYPE, metadata: { name, namespace }, spec });
      return true;
    }
    const holder = found.spec?.holderIdentity ?? '';
    if (holder === identity) {
      await api.replace({ ...found, ...TYPE, spec: { ...found.spec, ...mine } });
      return true;
    }
    if (holder !== '' && !this.#expired(found)) {
      this.#renewedMs = Number.NEGATIVE_INFINITY;
      return false;
    }
    const transitions = (found.spec?.leaseTransitions ?? 0) + 1;
    await api.replace({ ...found, ...TYPE, spec: { ...mine, acquireTime: now, leaseTransitions: transitions } });
    return true;
  }

  #read(): Promise<Lease | undefined> {
    const { api, namespace, name } = this.#options;
    return api.get(types.lease, namespace, name);
  }

  /** True if the holder has not renewed for the time of its lease, measured by our own clock since we saw its last renewal. */
  #expired(lease: Lease): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    const version = lease.metadata.resourceVersion ?? '';
    if (this.#seen?.version !== version) this.#seen = { version, atMs: nowMs };
    const durationMs = (lease.spec?.leaseDurationSeconds ?? LEASE_SECONDS) * 1000;
    return nowMs - this.#seen.atMs >= durationMs;
  }
}

const TYPE = { apiVersion: types.lease.apiVersion, kind: types.lease.kind };
