import type { Matrix } from '../model/matrix.ts';
import { OPERATIONS, OPERATION_NAMES, PHASES } from '../model/operations.ts';
import { sign } from './terminal.ts';

export interface ReportedClient {
  readonly name: string;
  /** With what it is built on, or how it is installed when it is missing. */
  readonly version: string;
}

/** The page docs/clients.md. `date` as year-month-day. */
export function clientsPage(matrix: Matrix, clients: readonly ReportedClient[], date: string): string {
  return [
    '# Clients',
    '',
    INTRODUCTION,
    '',
    `Last run: ${date}. ✔ works, ✘ does not, n/a the client has no such operation. Each cell: before the loss, after it.`,
    '',
    ...versions(clients),
    '',
    ...table(matrix, clients),
    '',
    ...reasons(matrix, clients),
    '',
    PROCEDURE,
    '',
  ].join('\n');
}

const INTRODUCTION = `\`make e2e-clients\` writes this page. It drives real clients against \`chronik standalone\`, kills the broker with \`kill -9\`,
deletes its disk, starts it again from the bucket alone, and does everything once more. No client is judged by its own word: what
each did is looked at through the protocol itself.`;

const PROCEDURE = `## What is behind a ✔

- *Before*: the client did it and the broker shows the effect: the partitions are there, the offsets committed, the records gone.
- *After*: the same on the broker that came back, and what the client had done before the loss still holds: its topics with their
  partitions and configurations, its groups with their offsets, the first offset after deleted records; deleted topics and groups
  stay deleted.
- *Produce*: four records with keys, headers, text in several scripts, 13 KB that compress, and a tombstone. They are stored with
  the same bytes, in batches that have the codec that was asked for and a producer id exactly when the producer is idempotent.
  After acks=all they are there at once. After acks=1 they are on the broker's disk, and readers see them when they are in the
  bucket; the table waits for that, so it says nothing of a broker that loses its disk in between.
- *Read what all clients wrote*: every record of every client, codec and phase, byte by byte, at its offset.

kafkajs brings gzip and takes other codecs as plug-ins: zstd is Node.js's, snappy and LZ4 are Chronik's own. kcat has one set of
headers for a whole run and cannot tell an empty value from none.

Tools that are not there are named together with how they are installed, and the run fails; \`make e2e-clients
ARGS=--allow-missing\` passes with their column marked as missing. The Python clients and Apache Kafka's tools are put into \`~/.cache/chronik\`.`;

function versions(clients: readonly ReportedClient[]): readonly string[] {
  const rows = clients.map(({ name, version }) => `| ${name} | ${version} |`);
  return ['| client | version |', '| --- | --- |', ...rows];
}

function table(matrix: Matrix, clients: readonly ReportedClient[]): readonly string[] {
  const rows = OPERATION_NAMES.map((operation) => {
    const cells = clients.map(({ name }) => {
      const signs = PHASES.map((phase) => sign(matrix.outcome(name, operation, phase)));
      return new Set(signs).size === 1 && signs[0] !== '✔' && signs[0] !== '✘' ? signs[0] : signs.join(' ');
    });
    return `| ${OPERATIONS[operation]} | ${cells.join(' | ')} |`;
  });
  const head = `| | ${clients.map(({ name }) => name).join(' | ')} |`;
  return [head, `| --- |${' :---: |'.repeat(clients.length)}`, ...rows];
}

/** Why a client has no such operation; operations with the same reason together. */
function reasons(matrix: Matrix, clients: readonly ReportedClient[]): readonly string[] {
  const lines = clients.flatMap(({ name }) => {
    const byReason = new Map<string, string[]>();
    for (const operation of OPERATION_NAMES) {
      const outcome = matrix.outcome(name, operation, 'before');
      if (outcome?.kind !== 'not-applicable') continue;
      byReason.set(outcome.reason, [...(byReason.get(outcome.reason) ?? []), OPERATIONS[operation]]);
    }
    return [...byReason].map(([reason, operations]) => `- ${name}: ${reason} (${operations.join('; ')}).`);
  });
  return lines.length === 0 ? [] : ['Not applicable:', '', ...lines];
}
