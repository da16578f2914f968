import type { Matrix, Outcome } from '../model/matrix.ts';
import { OPERATIONS, OPERATION_NAMES, PHASES } from '../model/operations.ts';
import type { Operation } from '../model/operations.ts';

const COLOUR = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;
const OPERATION_WIDTH = 36;
const CELL_WIDTH = 17;
const PHASE_WIDTH = 7;

function paint(code: number, text: string): string {
  return COLOUR ? `\u001b[${code}m${text}\u001b[0m` : text;
}

export const bold = (text: string): string => paint(1, text);
export const dim = (text: string): string => paint(2, text);
export const red = (text: string): string => paint(31, text);
export const green = (text: string): string => paint(32, text);

export function sign(outcome: Outcome | undefined): string {
  switch (outcome?.kind) {
    case 'passed':
      return '✔';
    case 'failed':
      return '✘';
    case 'not-applicable':
      return 'n/a';
    case 'missing':
    case undefined:
      return 'missing';
  }
}

function coloured(outcome: Outcome | undefined, text: string): string {
  switch (outcome?.kind) {
    case 'passed':
      return green(text);
    case 'failed':
    case 'missing':
    case undefined:
      return red(text);
    case 'not-applicable':
      return dim(text);
  }
}

/** One row an operation, one column a client; in each cell before and after the loss. */
export function printTable(matrix: Matrix, clients: readonly string[]): void {
  const head = clients.map((client) => client.padEnd(CELL_WIDTH)).join('');
  const phases = clients.map(() => PHASES.join(' ').padEnd(CELL_WIDTH)).join('');
  console.log(`\n  ${bold(''.padEnd(OPERATION_WIDTH) + head)}\n  ${dim(''.padEnd(OPERATION_WIDTH) + phases)}`);
  for (const operation of OPERATION_NAMES) {
    const cells = clients.map((client) => cell(matrix, client, operation)).join('');
    console.log(`  ${OPERATIONS[operation].padEnd(OPERATION_WIDTH)}${cells}`);
  }
}

function cell(matrix: Matrix, client: string, operation: Operation): string {
  const [before, after] = PHASES.map((phase) => matrix.outcome(client, operation, phase));
  const [left, right] = [sign(before), sign(after)];
  // Said once for both: the client is not there.
  if (left === 'missing') return coloured(before, left.padEnd(CELL_WIDTH));
  const padding = ' '.repeat(CELL_WIDTH - PHASE_WIDTH - right.length);
  return coloured(before, left.padEnd(PHASE_WIDTH)) + coloured(after, right) + padding;
}

/** Every ✘ with what the client said. */
export function printFailures(matrix: Matrix, clients: readonly string[]): void {
  for (const client of clients) {
    for (const operation of OPERATION_NAMES) {
      for (const phase of PHASES) {
        const outcome = matrix.outcome(client, operation, phase);
        if (outcome?.kind !== 'failed') continue;
        console.log(`\n  ${red('✘')} ${bold(`${client}, ${OPERATIONS[operation]}, ${phase}`)}\n    ${outcome.reason}`);
      }
    }
  }
}
