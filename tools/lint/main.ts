// make lint: runs every step, two at a time, one line each with its time; what a failed step said follows its line.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { type Step, type StepResult, lintSteps, resultOf } from './steps.ts';

const root = join(import.meta.dirname, '../..');

function runProgram(args: readonly string[]): Promise<StepResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ passed: code === 0, output: textOf(output) });
    });
  });
}

/** Some tools colour their output whoever reads it. */
function textOf(output: readonly Buffer[]): string {
  const text = Buffer.concat(output).toString('utf8').trim();
  return process.stdout.isTTY ? text : stripVTControlCharacters(text);
}

async function runStep(step: Step): Promise<boolean> {
  const startedMs = performance.now();
  const result = typeof step.run === 'function' ? resultOf(step.run(root)) : await runProgram(step.run);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${result.passed ? '✔' : '✘'} ${step.name.padEnd(16)} ${seconds} s`);
  if (!result.passed) console.log(result.output.replaceAll(/^(?=.)/gm, '    '));
  return result.passed;
}

const steps = lintSteps(root);
const waiting = [...steps];
let failed = 0;

async function work(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    if (!(await runStep(step))) failed += 1;
  }
}

await Promise.all([work(), work()]);
console.log(failed === 0 ? `lint: ${steps.length} steps passed` : `lint: ${failed} of ${steps.length} steps failed`);
process.exitCode = failed === 0 ? 0 : 1;
