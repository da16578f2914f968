import { ChronikError, getJson, sleep, systemClock } from '../edge/index.ts';

export interface StatusOptions {
  readonly url: string;
  /** Wait so many seconds for the broker to serve; undefined = ask once. */
  readonly waitSeconds: number | undefined;
  readonly json: boolean;
}

const ASK_AGAIN_MS = 100;

/** `chronik status`: what a running broker says of itself. Rejects with STATUS_UNREACHABLE, or NOT_READY after the wait. */
export async function runStatus(options: StatusOptions): Promise<void> {
  const document = options.waitSeconds === undefined ? await ask(options.url) : await waitUntilServing(options);
  process.stdout.write(options.json ? `${JSON.stringify(document, null, 2)}\n` : inWords(document));
}

type Document = Readonly<Record<string, unknown>>;

async function ask(url: string): Promise<Document> {
  try {
    return (await getJson(`${url}/status`)) as Document;
  } catch (error) {
    throw new ChronikError('STATUS_UNREACHABLE', `no broker answers at ${url}`, {
      remedy: 'Start one with "chronik standalone", or name its HTTP address with --url.',
      cause: error,
    });
  }
}

async function waitUntilServing({ url, waitSeconds }: StatusOptions): Promise<Document> {
  const deadlineMs = systemClock.monotonicMs() + (waitSeconds ?? 0) * 1000;
  for (;;) {
    const answer = await ask(url).catch((error: unknown) => error as Error);
    if (!(answer instanceof Error) && answer['state'] === 'serving') return answer;
    if (systemClock.monotonicMs() > deadlineMs) {
      if (answer instanceof Error) throw answer;
      throw new ChronikError(
        'NOT_READY',
        `the broker at ${url} is ${String(answer['state'])} after ${waitSeconds ?? 0} s`,
        {
          remedy: heldRemedy(answer) ?? 'See its log.',
        },
      );
    }
    await sleep(systemClock, ASK_AGAIN_MS);
  }
}

function heldRemedy(document: Document): string | undefined {
  const held = document['held'] as { readonly remedy?: string; readonly message?: string } | undefined;
  return held === undefined ? undefined : `${held.message ?? ''}. ${held.remedy ?? ''}`;
}

function inWords(document: Document): string {
  const restore = document['lastRestore'] as Document | undefined;
  const store = document['store'] as Document | undefined;
  const rows: readonly (readonly [string, unknown])[] = [
    ['state', document['state']],
    ['version', document['version']],
    ['lineage', document['lineage']],
    ['timeline', document['timeline']],
    ['bucket', store?.['description']],
    ['topics', document['topics']],
    ['partitions', document['partitions']],
    ['connections', document['connections']],
    ['uncommitted bytes', document['uncommittedBytes']],
    [
      'last start',
      restore === undefined ? undefined : `${String(restore['mode'])} in ${String(restore['totalMs'])} ms`,
    ],
  ];
  const shown = [...rows, ...replicaRows(document)].filter(([, value]) => value !== undefined);
  return shown.map(([name, value]) => `${name.padEnd(18)} ${String(value)}\n`).join('');
}

interface ReplicaDocument {
  readonly name: string;
  readonly state: string;
  readonly reachable: boolean;
  readonly lag?: { readonly seconds: number; readonly objects: number };
  readonly problems: readonly { readonly code: string }[];
}

function replicaRows(document: Document): readonly (readonly [string, string])[] {
  const replication = document['replication'] as { readonly stores: readonly ReplicaDocument[] } | undefined;
  return (replication?.stores ?? []).map(({ name, state, reachable, lag, problems }) => {
    const behind = lag === undefined ? [] : [`${lag.seconds.toFixed(1)} s and ${lag.objects} objects behind`];
    const told = [state, ...behind, ...(reachable ? [] : ['unreachable']), ...problems.map(({ code }) => code)];
    return [`replica ${name}`, told.join(', ')];
  });
}
