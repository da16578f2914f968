import type { Random } from '../edge/index.ts';
import { ChronikError, randomHex } from '../edge/index.ts';
import type { CreateOutcome, PatientStore } from './patient-store.ts';

/** Everything below this prefix is a probe's, and does not make a store "not empty". */
export const PROBE_PREFIX = 'probe/';

const RACING_CREATORS = 16;
const READ_ATTEMPTS = 3;

export interface ProbeOptions {
  readonly random: Random;
  readonly signal?: AbortSignal;
}

/**
 * Proves that the store keeps what the whole design rests on, before anything in it is trusted: a name is given once, also
 * to racing creators, and what was written is read and listed at once. Rejects with STORE_IGNORES_CONDITIONS or
 * STORE_INCONSISTENT. Outages are waited out. Costs about 20 small requests; run it once for each start and store.
 */
export async function probeStore(store: PatientStore, options: ProbeOptions): Promise<void> {
  const probe = new Probe(store, options);
  try {
    await probe.secondCreate();
    await probe.race();
  } finally {
    await probe.cleanUp();
  }
}

class Probe {
  readonly #store: PatientStore;
  readonly #random: Random;
  readonly #signal: AbortSignal | undefined;
  readonly #prefix: string;
  readonly #keys: string[] = [];
  /** All that this probe has sent: anything else that is read was damaged on the way, or is not from here. */
  readonly #bodies: Buffer[] = [];

  constructor(store: PatientStore, options: ProbeOptions) {
    this.#store = store;
    this.#random = options.random;
    this.#signal = options.signal;
    this.#prefix = `${PROBE_PREFIX}${randomHex(options.random, 8)}/`;
  }

  async secondCreate(): Promise<void> {
    const key = this.#key('second-create');
    const first = this.#body();
    if ((await this.#create(key, first)) !== 'created') throw this.#inconsistent(`${key}, a new name, was taken`);
    const second = await this.#create(key, this.#body());
    if (second === 'created') throw this.#ignoresConditions('a second create succeeded');
    await this.#expectContent(key, first);
    await this.#expectListed(key);
  }

  async race(): Promise<void> {
    const key = this.#key('race');
    const bodies = Array.from({ length: RACING_CREATORS }, () => this.#body());
    const outcomes = await Promise.all(bodies.map((body) => this.#create(key, body)));
    const winners = bodies.filter((_, index) => outcomes[index] === 'created');
    if (winners.length > 1) {
      throw this.#ignoresConditions(`${winners.length} of ${RACING_CREATORS} racing creates succeeded`);
    }
    const [winner] = winners;
    if (winner === undefined) throw this.#inconsistent(`none of ${RACING_CREATORS} racing creates succeeded`);
    await this.#expectContent(key, winner);
    await this.#expectListed(key);
  }

  /** Best effort: a probe's objects are small, and ignored by everyone. */
  async cleanUp(): Promise<void> {
    if (this.#signal?.aborted !== true) await this.#store.tryDelete(this.#keys, this.#signal);
  }

  async #create(key: string, body: Buffer): Promise<CreateOutcome['outcome']> {
    const { outcome } = await this.#store.createResolved({
      key,
      body: [body],
      recognise: (existing) => {
        if (existing.equals(body)) return 'ours';
        return this.#isKnown(existing) ? 'other' : 'unreadable';
      },
      ...this.#signalOption(),
    });
    return outcome;
  }

  async #expectContent(key: string, expected: Buffer): Promise<void> {
    const found = await this.#read(key);
    if (found === undefined) throw this.#inconsistent(`${key} was created, but reading it finds nothing`);
    if (!found.equals(expected)) throw this.#ignoresConditions(`${key} was overwritten by a refused create`);
  }

  /** Bytes that nobody sent are read again: damage on the way is no proof against the store. */
  async #read(key: string): Promise<Buffer | undefined> {
    let found = await this.#store.get(key, undefined, this.#signal);
    for (let again = 1; again < READ_ATTEMPTS && found !== undefined && !this.#isKnown(found); again += 1) {
      found = await this.#store.get(key, undefined, this.#signal);
    }
    return found;
  }

  #isKnown(bytes: Buffer): boolean {
    return this.#bodies.some((body) => body.equals(bytes));
  }

  async #expectListed(key: string): Promise<void> {
    for await (const object of this.#store.listAll(this.#prefix, this.#signalOption())) {
      if (object.key === key) return;
    }
    throw this.#inconsistent(`${key} was created, but the listing does not show it`);
  }

  #key(name: string): string {
    const key = `${this.#prefix}${name}`;
    this.#keys.push(key);
    return key;
  }

  #body(): Buffer {
    const body = this.#random.bytes(32);
    this.#bodies.push(body);
    return body;
  }

  #signalOption(): { readonly signal?: AbortSignal } {
    return this.#signal === undefined ? {} : { signal: this.#signal };
  }

  #ignoresConditions(what: string): ChronikError {
    const { description } = this.#store;
    return new ChronikError('STORE_IGNORES_CONDITIONS', `${description} overwrites objects: ${what}`, {
      remedy:
        'Chronik needs a store that creates an object only if its name is free ("If-None-Match: *" on S3). Use a store or ' +
        'a release of it that does, and check that no proxy or gateway on the way removes this header.',
      details: { store: description },
    });
  }

  #inconsistent(what: string): ChronikError {
    const { description } = this.#store;
    return new ChronikError('STORE_INCONSISTENT', `${description} does not show what was written: ${what}`, {
      remedy: 'Chronik needs strong consistency. Point it at the store itself, not at a cache or a replica of it.',
      details: { store: description },
    });
  }
}
