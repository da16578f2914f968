// A reporter for `node --test`: one line a file as it finishes, failures in full, the runner's own totals at the end.
// Fails the run when it held no test at all, or a skipped one: both would look like success.
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect, stripVTControlCharacters } from 'node:util';

interface FileReport {
  readonly failures: string[];
  readonly output: string[];
}

const colours = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
const paint = (code: number, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[39m` : text);
const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '    ');
const shortName = (file: string): string => relative(process.cwd(), file);

/** An assertion's message already holds its difference; the stack is ours without the runner's own lines. */
function describeError(error: unknown): string {
  if (typeof error === 'string') return error;
  const { code, stack } = error as { readonly code?: unknown; readonly stack?: unknown };
  const text = code === 'ERR_ASSERTION' && typeof stack === 'string' ? stack : inspect(error, { depth: 6 });
  return stripVTControlCharacters(text).replaceAll(/\n *at .*\(?node:.*/g, '');
}

function describeFailure(name: string, error: Error): string {
  return `  ${paint(31, '✘')} ${name}\n${indent(describeError(error.cause ?? error))}\n`;
}

export class CompactReport {
  readonly #files = new Map<string, FileReport>();

  /** Text to print for one event of the runner, if any. */
  onEvent(event: TestEvent): string | undefined {
    const { type, data } = event;
    if (type === 'test:stdout' || type === 'test:stderr') {
      this.#file(data.file).output.push(data.message);
      return undefined;
    }
    if (type === 'test:fail') return this.#onFail(data);
    if (type === 'test:diagnostic') return data.nesting === 0 ? `ℹ ${data.message}\n` : undefined;
    if (type !== 'test:summary') return undefined;
    return data.file === undefined
      ? checkTotals(data.counts)
      : this.#onFileDone(data.file, data.counts, data.duration_ms);
  }

  #file(name: string | undefined): FileReport {
    const key = name ?? '';
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    const report: FileReport = { failures: [], output: [] };
    this.#files.set(key, report);
    return report;
  }

  #onFail(data: Extract<TestEvent, { type: 'test:fail' }>['data']): string | undefined {
    const error = data.details.error as Error & { readonly failureType?: string };
    if (error.failureType === 'subtestsFailed') return undefined;
    const report = this.#file(data.file);
    if (data.name !== data.file) {
      report.failures.push(describeFailure(data.name, error));
      return undefined;
    }
    // The file itself failed: it did not load, or its process died. No summary of it follows.
    return `${paint(31, '✘')} ${shortName(data.file)}\n${indent(report.output.join(''))}\n`;
  }

  #onFileDone(file: string, counts: { readonly tests: number; readonly passed: number }, durationMs: number): string {
    const report = this.#file(file);
    this.#files.delete(file);
    const line = `${shortName(file)}  ${counts.tests} tests, ${(durationMs / 1000).toFixed(2)} s\n`;
    if (counts.passed === counts.tests && report.failures.length === 0) return `${paint(32, '✔')} ${line}`;
    const output = report.output.length > 0 ? `  output:\n${indent(report.output.join(''))}\n` : '';
    return `${paint(31, '✘')} ${line}${report.failures.join('')}${output}`;
  }
}

function checkTotals(counts: { readonly tests: number; readonly skipped: number; readonly todo: number }): string {
  if (counts.tests > 0 && counts.skipped === 0 && counts.todo === 0) return '';
  process.exitCode = 1;
  return counts.tests === 0
    ? 'No test ran: is the pattern right?\n'
    : 'A test was skipped or left to do: this fails.\n';
}

/** The form that `--test-reporter` asks for, the default export included. */
// oxlint-disable-next-line import/no-default-export
export default async function* compact(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const report = new CompactReport();
  for await (const event of events) {
    const text = report.onEvent(event);
    if (text !== undefined) yield text;
  }
}
