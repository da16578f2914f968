import { linePrefix, timelineDataPrefix } from '../log/index.ts';
import { readTimelineFiles } from '../meta/index.ts';
import { copyObjects } from '../store/index.ts';
import type { CopyContext } from './copy-context.ts';
import { ReplicaConflictError } from './errors.ts';
import { problemOf } from './report.ts';
import type { ReplicaProblem } from './report.ts';

/**
 * Copies the slots of timelines that have ended, in no order: nobody writes there any more, and only what lies before the fork counts.
 * Before the current timeline, whose history goes on where theirs was left. Answers the conflicts.
 */
export async function copyEarlierTimelines(context: CopyContext): Promise<readonly ReplicaProblem[]> {
  const { source, target, timeline: current, throttle, signal, counts } = context;
  const problems: ReplicaProblem[] = [];
  for (const { timeline } of await readTimelineFiles(source)) {
    if (timeline === current) continue;
    const metadata = linePrefix({ log: 'metadata', timeline, broker: 0 });
    for (const prefix of [metadata, timelineDataPrefix(timeline)]) {
      const report = await copyObjects({
        from: source,
        to: target,
        random: context.sourceLog.random,
        prefix,
        signal,
        pace: (sizeBytes) => throttle.pace(sizeBytes),
      });
      counts.objects += report.counts.copied;
      counts.bytes += report.copiedBytes;
      problems.push(...report.conflicts.map((key) => problemOf(new ReplicaConflictError(key, target.description))));
    }
  }
  return problems;
}
