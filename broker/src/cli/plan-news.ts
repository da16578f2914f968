import { sleep } from '../edge/index.ts';
import type { Clock, Disk } from '../edge/index.ts';

/** A plan is a small file on this machine: looking at it often costs nothing. */
const LOOK_MS = 1_000;

/** Waits for `pauseMs`, or until the plan at `path` reads otherwise than at the call. */
export async function pauseUntilPlanChanges(
  edges: { readonly clock: Clock; readonly disk: Disk },
  path: string | undefined,
  pauseMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const { clock, disk } = edges;
  if (path === undefined) return sleep(clock, pauseMs, signal);
  const before = await textOf(disk, path);
  for (let waitedMs = 0; waitedMs < pauseMs; waitedMs += LOOK_MS) {
    await sleep(clock, Math.min(LOOK_MS, pauseMs - waitedMs), signal);
    if ((await textOf(disk, path)) !== before) return;
  }
}

/** Undefined also if it cannot be read: why, is for whoever reads it as a plan to say. */
async function textOf(disk: Disk, path: string): Promise<string | undefined> {
  return disk.readFile(path).then(
    (bytes) => bytes.toString('utf8'),
    () => undefined,
  );
}
