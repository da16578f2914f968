import type { Client, ReadyClient } from '../model/client.ts';
import type { Matrix, Outcome } from '../model/matrix.ts';
import { OPERATIONS } from '../model/operations.ts';
import type { Phase } from '../model/operations.ts';
import { Observer } from '../observer/observer.ts';
import { dim, green, red } from '../report/terminal.ts';
import { Ledger } from '../scenario/ledger.ts';
import type { ClusterLedger } from '../scenario/ledger.ts';
import { play, playStep } from '../scenario/play.ts';
import { READ_ALL } from '../scenario/reading.ts';
import { EXCHANGE } from '../scenario/turn.ts';
import type { Step, Turn } from '../scenario/turn.ts';
import type { Stage } from './stage.ts';

const EXCHANGE_PARTITIONS = 3;
/** Each of its operations starts a JVM, so it runs beside the others, which mostly wait for the broker. */
const SLOW_CLIENT = 'kafka-tools';

/** The whole run: all clients, the loss of the disk, all clients again. */
export class Performance {
  readonly #stage: Stage;
  readonly #clients: readonly ReadyClient[];
  readonly #matrix: Matrix;
  readonly #observer: Observer;

  constructor(stage: Stage, clients: readonly ReadyClient[], matrix: Matrix) {
    this.#stage = stage;
    this.#clients = clients;
    this.#matrix = matrix;
    this.#observer = new Observer(stage.port);
  }

  async run(): Promise<void> {
    await this.#stage.start();
    await this.#observer.createTopic({ name: EXCHANGE, partitions: EXCHANGE_PARTITIONS, configs: new Map() });
    const cluster = { ...(await this.#observer.cluster()), exchanged: [] };
    const before = this.#ledgers();
    await this.#phase('before', cluster, before, this.#ledgers());
    const exchanged = await this.#observer.read(EXCHANGE);
    console.log(`\n  ${red('✖')} kill -9, rm -rf of the disk; start again from the bucket\n`);
    await this.#stage.loseDisk();
    await this.#phase('after', { ...cluster, exchanged }, this.#ledgers(), before);
  }

  #ledgers(): ReadonlyMap<string, Ledger> {
    return new Map(this.#clients.map(({ name }) => [name, new Ledger()]));
  }

  async #phase(
    phase: Phase,
    cluster: ClusterLedger,
    ledgers: ReadonlyMap<string, Ledger>,
    kept: ReadonlyMap<string, Ledger>,
  ): Promise<void> {
    const clients: Client[] = [];
    try {
      // One after the other: the first connections of a client are part of what is tested.
      for (const ready of this.#clients) clients.push(await ready.connect(this.#stage.bootstrap));
      const turns = clients.map((client): Turn => {
        const found = { ledger: ledgers.get(client.name), kept: kept.get(client.name) };
        const { ledger = new Ledger(), kept: then = new Ledger() } = found;
        return { client, phase, observer: this.#observer, cluster, ledger, kept: then };
      });
      await inLanes(turns, (turn) => play(turn, this.#matrix, tell));
      await inLanes(turns, (turn) => playStep(turn, READ_ALL, this.#matrix, tell));
    } finally {
      await Promise.all(clients.map((client) => client.close()));
    }
  }
}

/** The slow client in one lane, all others one after the other in the second. */
async function inLanes(turns: readonly Turn[], work: (turn: Turn) => Promise<void>): Promise<void> {
  const lane = async (some: readonly Turn[]): Promise<void> => {
    for (const turn of some) await work(turn);
  };
  const isSlow = ({ client }: Turn): boolean => client.name === SLOW_CLIENT;
  await Promise.all([lane(turns.filter(isSlow)), lane(turns.filter((turn) => !isSlow(turn)))]);
}

function tell({ client, phase }: Turn, { operation }: Step, outcome: Outcome): void {
  const what = `${phase.padEnd(7)} ${client.name.padEnd(16)} ${OPERATIONS[operation].padEnd(36)}`;
  if (outcome.kind === 'passed') {
    console.log(`  ${green('✔')} ${what}${dim(`${(outcome.tookMs / 1000).toFixed(1)} s`)}`);
  }
  if (outcome.kind === 'failed') console.log(`  ${red('✘')} ${what}${outcome.reason}`);
}
