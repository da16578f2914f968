export { buildProgram } from './program.ts';
export { ExitCode, exitCodeOf, explain } from './fatal.ts';
