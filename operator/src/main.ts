// chronik-operator: runs until SIGTERM or SIGINT, or until another process leads.
import { ConfiguredTransport, HttpKubeApi, probeBroker } from './kube/index.ts';
import { OptionError, jsonLog, readOptions, runOperator, systemClock } from './runtime/index.ts';

const log = jsonLog(
  (line) => process.stdout.write(line),
  () => systemClock.nowMs(),
);

async function main(): Promise<number> {
  const options = readOptions(process.env);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  const api = new HttpKubeApi(ConfiguredTransport.fromEnvironment());
  log.info('Operator starts', { namespaces: options.namespaces ?? 'all', brokerImage: options.brokerImage });
  const ended = await runOperator(options, { api, probe: probeBroker, clock: systemClock, log }, stop.signal);
  log.info('Operator ends', { ended });
  return ended === 'lost' ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const known = error instanceof OptionError;
  process.stderr.write(
    `chronik-operator: ${known ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exitCode = known ? 2 : 1;
}
