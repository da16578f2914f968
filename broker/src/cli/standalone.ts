import { readBrokerConfig } from '../config/index.ts';
import type { Environment } from '../config/index.ts';
import { systemClock } from '../edge/index.ts';
import { Metrics, serveHttp } from '../http/index.ts';
import type { HttpListener } from '../http/index.ts';
import { BrokerRun } from './broker-run.ts';
import { ExitCode } from './fatal.ts';
import { ProcessStatus } from './process-status.ts';
import { reservePort } from './reserve-port.ts';
import { nextSignal } from './signals.ts';
import { VERSION } from './version.ts';
import { RestoreBar } from './restore-bar.ts';
import { WinstonLogger } from './winston-logger.ts';

/**
 * `chronik standalone`: restores what the bucket holds, serves until SIGTERM or SIGINT, then flushes and seals. A second signal
 * ends it at once. Rejects with what made it give up.
 */
export async function runStandalone(environment: Environment, flags: Environment): Promise<void> {
  const configured = readBrokerConfig(environment, flags);
  // Before anything is claimed in the bucket: a second broker on this port must not fence the first.
  const port = await reservePort(configured.listen.host, configured.listen.port);
  const config = { ...configured, listen: { ...configured.listen, port } };
  const bar = new RestoreBar(process.stderr, systemClock);
  const logger = WinstonLogger.open(config.log, () => bar.clear());
  const status = new ProcessStatus(VERSION, systemClock.nowMs());
  const metrics = new Metrics();
  const http: HttpListener = await serveHttp(config.http.host, config.http.port, {
    healthy: () => status.healthy(),
    ready: () => status.ready(),
    status: () => status.document(),
    metrics: () => metrics.text(),
  });
  const run = new BrokerRun(config, { logger, status, metrics, httpPort: http.port, bar });
  try {
    const signalled = nextSignal(systemClock);
    const ended = await Promise.race([run.serve(), signalled.then((signal) => ({ signal }))]);
    logger.info('Stopping', { signal: ended.signal, budgetMs: config.stopBudgetMs });
    await run.stop(nextSignal(systemClock, systemClock.monotonicMs()));
  } catch (error) {
    bar.clear();
    status.state = 'failed';
    throw error;
  } finally {
    await http.close();
  }
  // One that never served is looking again and again whether it may; that would keep the process alive for ever.
  if (status.broker === undefined) process.exit(ExitCode.ok);
}
