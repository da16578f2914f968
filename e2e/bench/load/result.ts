import type { Latency } from '../measure/histogram.ts';
import type { CpuUse } from '../measure/process-usage.ts';

/** What one run of the load generator measured; a run prints it as one line of JSON. */
export interface LoadResult {
  /** Bytes of record values (not of headers and frames) per second, in units of 10^6. */
  readonly megabytesPerSecond: number;
  readonly requestsPerSecond: number;
  /** Of produce: from sending (or, at a fixed rate, from when sending was due) to the answer. Of fetch: of one request. */
  readonly latency: Latency;
  /** CPU seconds of the broker per 10^9 bytes of record values; undefined where it cannot be seen. */
  readonly brokerCpuPerGb: number | undefined;
  readonly brokerCpuMicrosPerRequest: number | undefined;
  readonly clientCpuPerGb: number;
  readonly otherPercent: number | undefined;
  readonly rssBytes: number | undefined;
}

/** Turns counts over a window into a result. */
export function loadResult(
  window: { readonly valueBytes: number; readonly requests: number; readonly latency: Latency },
  cpu: CpuUse,
): LoadResult {
  const gigabytes = window.valueBytes / 1e9;
  const perGb = (seconds: number): number => (gigabytes === 0 ? 0 : seconds / gigabytes);
  const { cpuSeconds } = cpu;
  return {
    megabytesPerSecond: window.valueBytes / 1e6 / cpu.seconds,
    requestsPerSecond: window.requests / cpu.seconds,
    latency: window.latency,
    brokerCpuPerGb: cpuSeconds === undefined ? undefined : perGb(cpuSeconds),
    brokerCpuMicrosPerRequest: cpuSeconds === undefined ? undefined : (1e6 * cpuSeconds) / Math.max(1, window.requests),
    clientCpuPerGb: perGb(cpu.clientCpuSeconds),
    otherPercent: cpu.otherPercent,
    rssBytes: cpu.rssBytes,
  };
}
