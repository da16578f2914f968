import { readBrokerConfig, readHttpAddress } from '../config/index.ts';
import type { BrokerConfig, Environment } from '../config/index.ts';
import { ChronikError, SystemDisk, systemClock } from '../edge/index.ts';
import type { Disk } from '../edge/index.ts';
import { Metrics, serveHttp } from '../http/index.ts';
import { ProcessStatus, heldBy } from './process-status.ts';
import { PrepareRun } from './prepare-run.ts';
import { nextSignal } from './signals.ts';
import { VERSION } from './version.ts';
import { WinstonLogger } from './winston-logger.ts';

/** What Kubernetes keeps of a termination message. */
const MAX_REPORT_BYTES = 4_096;

/**
 * `chronik prepare`, the init container of a broker's pod: says what a start would do, without doing it. It ends once a start may
 * go on, with what it found in CHRONIK_TERMINATION_LOG; until then it stays up, whatever is in the way, and says under /status what that
 * is, so that no pod ever ends and starts in a loop. Rejects only if it cannot even say so, or when a signal ends it.
 */
export async function runPrepare(environment: Environment, flags: Environment): Promise<void> {
  const http = readHttpAddress(environment, flags);
  const status = new ProcessStatus(VERSION, systemClock.nowMs());
  const metrics = new Metrics();
  status.state = 'preparing';
  const listener = await serveHttp(http.host, http.port, {
    healthy: () => status.healthy(),
    ready: () => status.ready(),
    status: () => status.document(),
    metrics: () => metrics.text(),
  });
  const signalled = nextSignal(systemClock);
  const disk = new SystemDisk();
  try {
    const config = await readPatiently(environment, flags, status, signalled);
    const logger = WinstonLogger.open(config.log);
    const run = new PrepareRun(config, { disk, logger, status });
    const ended = await Promise.race([run.untilPrepared(), signalled.then(() => undefined)]);
    const report = ended ?? { volume: status.volume, decision: 'none', code: status.held?.code ?? 'ENDED' };
    await writeReport(disk, config.terminationLog, report);
    if (ended === undefined) throw endedBySignal();
    logger.info('A start may go on', { ...ended });
  } finally {
    await listener.close();
  }
}

/** Wrong settings cannot mend themselves, but whoever mends them replaces this process; until then it tells. */
async function readPatiently(
  environment: Environment,
  flags: Environment,
  status: ProcessStatus,
  signalled: Promise<unknown>,
): Promise<BrokerConfig> {
  try {
    return readBrokerConfig(environment, flags);
  } catch (error) {
    if (!(error instanceof ChronikError)) throw error;
    const { code, message, remedy } = error;
    status.state = 'holding';
    status.held = heldBy(error);
    process.stderr.write(`chronik: ${message}\n  code:   ${code}\n  remedy: ${remedy}\n`);
    await signalled;
    throw endedBySignal();
  }
}

function endedBySignal(): ChronikError {
  return new ChronikError('PREPARE_ENDED', 'a signal ended this before a start could go on', {
    remedy: 'Nothing was changed: start again.',
  });
}

async function writeReport(disk: Disk, path: string | undefined, report: object): Promise<void> {
  if (path === undefined) return;
  const bytes = Buffer.from(`${JSON.stringify(report)}\n`);
  // Longer than that only by a name or path out of proportion; half a JSON document would tell nothing.
  const short = bytes.length <= MAX_REPORT_BYTES ? bytes : Buffer.from(`${JSON.stringify({ ...report, why: '' })}\n`);
  const file = await disk.open(path, 'append');
  try {
    await file.append([short]);
  } finally {
    await file.close();
  }
}
