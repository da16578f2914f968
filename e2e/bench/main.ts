/**
 * make bench: figures of this broker beside Apache Kafka's, in alternating rounds on the same machine. docs/benchmarks.md tells
 * what is measured and how to read it. Also the load generator by itself; see load/command.ts.
 */
import { LOAD_VERBS, runLoadCommand } from './load/command.ts';
import { runBenchmark } from './benchmark.ts';

const [verb, ...rest] = process.argv.slice(2);
const loadVerb = LOAD_VERBS.find((known) => known === verb);
if (loadVerb === undefined) await runBenchmark(process.argv.slice(2));
else await runLoadCommand(loadVerb, rest);
