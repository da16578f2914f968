import { readFileSync } from 'node:fs';

/** What /proc/PID/stat and /proc/stat count in: 1/100 s on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** CPU over a window of time. */
export interface CpuUse {
  readonly seconds: number;
  /** CPU of the watched process, all its threads; undefined where there is no /proc. */
  readonly cpuSeconds: number | undefined;
  /** CPU of this process, the load generator, and of those that it started and that have ended: the tools. */
  readonly clientCpuSeconds: number;
  /** CPU of everything that is neither, in percent of one core: what makes a figure doubtful. */
  readonly otherPercent: number | undefined;
  readonly rssBytes: number | undefined;
}

/** Watches the CPU of a process from its construction on. */
export class CpuWatch {
  readonly #pid: number | undefined;
  readonly #startMs = performance.now();
  readonly #processTicks: number | undefined;
  readonly #machineTicks: number | undefined;
  readonly #own = process.cpuUsage();
  readonly #toolTicks = endedChildrenTicks();

  constructor(pid: number | undefined) {
    this.#pid = pid;
    this.#processTicks = pid === undefined ? undefined : processTicks(pid);
    this.#machineTicks = machineTicks();
  }

  read(): CpuUse {
    const seconds = (performance.now() - this.#startMs) / 1000;
    const own = process.cpuUsage(this.#own);
    const toolSeconds = since(this.#toolTicks, endedChildrenTicks()) ?? 0;
    const clientCpuSeconds = (own.user + own.system) / 1e6 + toolSeconds;
    const cpuSeconds = since(this.#processTicks, this.#pid === undefined ? undefined : processTicks(this.#pid));
    const machineSeconds = since(this.#machineTicks, machineTicks());
    const other = machineSeconds === undefined ? undefined : machineSeconds - clientCpuSeconds - (cpuSeconds ?? 0);
    return {
      seconds,
      cpuSeconds,
      clientCpuSeconds,
      otherPercent: other === undefined ? undefined : Math.max(0, (100 * other) / seconds),
      rssBytes: this.#pid === undefined ? undefined : rssBytes(this.#pid),
    };
  }
}

/** Resident memory of a process; undefined if it is gone or there is no /proc. */
export function rssBytes(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** The largest resident memory that a process has had so far. */
export function peakRssBytes(pid: number): number | undefined {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** CPU seconds of a process since it began, all its threads. */
export function cpuSecondsOf(pid: number): number | undefined {
  const ticks = processTicks(pid);
  return ticks === undefined ? undefined : ticks / TICKS_PER_SECOND;
}

function since(before: number | undefined, now: number | undefined): number | undefined {
  return before === undefined || now === undefined ? undefined : (now - before) / TICKS_PER_SECOND;
}

/** User and system time of a process: fields 14 and 15. */
function processTicks(pid: number): number | undefined {
  const fields = statFields(pid);
  return fields === undefined ? undefined : Number(fields[11]) + Number(fields[12]);
}

/** User and system time of the children of this process that have ended: fields 16 and 17. */
function endedChildrenTicks(): number | undefined {
  const fields = statFields('self');
  return fields === undefined ? undefined : Number(fields[13]) + Number(fields[14]);
}

/** The fields behind the name, which may contain anything; the first of them is field 3. */
function statFields(pid: number | 'self'): readonly string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** What all cores did but idle and wait for a disk. */
function machineTicks(): number | undefined {
  const line = /^cpu +(.*)$/m.exec(read('/proc/stat') ?? '')?.[1];
  if (line === undefined) return undefined;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = line.split(' ').map(Number);
  return user + nice + system + irq + softIrq;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
