import { buildProgram, exitCodeOf, explain } from './cli/index.ts';

try {
  await buildProgram().parseAsync(process.argv);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  // Not by `exitCode`: whoever still waits for the store would keep the process alive, and nobody would start it again.
  process.exit(exitCodeOf(error));
}
