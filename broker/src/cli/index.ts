export { buildProgram } from './program.ts';
export { exitCodeOf, explain } from './fatal.ts';
