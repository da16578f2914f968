import { s3Request } from '../../stores/s3-request.ts';
import type { S3Keys } from '../../stores/s3-request.ts';

const LOOK_MS = 200;
/** Objects of which one in so many is long on its way. */
const STRAGGLERS = 20;
const STRAGGLE = 5;

export interface BucketAt {
  readonly endpoint: string;
  readonly keys: S3Keys;
  readonly bucket: string;
}

export interface ReplicationPlan {
  readonly from: BucketAt;
  readonly to: BucketAt;
  /** How long an object is on its way at most; a few take five times as long. */
  readonly delayMs: number;
}

export interface ReplicationReport {
  readonly copied: number;
  /** Objects that came after one that had been seen later. */
  readonly overtaken: number;
  readonly onTheWay: number;
}

/**
 * Copies a bucket as a provider's replication does: every object by itself, each after a time of its own, so that new ones come before
 * old ones; never over anything; deletions not at all. Stands in a client's pod because that reaches both stores.
 */
export class Replicator {
  readonly #plan: ReplicationPlan;
  /** When an object that was seen is due, and how many were seen before it. */
  readonly #due = new Map<string, { readonly atMs: number; readonly order: number }>();
  readonly #seen = new Set<string>();
  #knowsTarget = false;
  #copied = 0;
  #overtaken = 0;
  #latest = -1;
  #stopped = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(plan: ReplicationPlan) {
    this.#plan = plan;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** What is on its way never arrives. */
  async stop(): Promise<ReplicationReport> {
    this.#stopped = true;
    await this.#loop;
    return { copied: this.#copied, overtaken: this.#overtaken, onTheWay: this.#due.size };
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      // Either store may be away: what was not copied is tried again.
      await this.#look().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async #look(): Promise<void> {
    if (!this.#knowsTarget) for (const key of await keysOf(this.#plan.to)) this.#seen.add(key);
    this.#knowsTarget = true;
    for (const key of await keysOf(this.#plan.from)) {
      if (this.#seen.has(key)) continue;
      const slow = Math.random() * STRAGGLERS < 1 ? STRAGGLE : 1;
      this.#due.set(key, { atMs: Date.now() + Math.random() * this.#plan.delayMs * slow, order: this.#seen.size });
      this.#seen.add(key);
    }
    const now = Date.now();
    const ready = [...this.#due].filter(([, { atMs }]) => atMs <= now).toSorted(([, a], [, b]) => a.atMs - b.atMs);
    for (const [key, { order }] of ready) {
      if (this.#stopped) return;
      await this.#copy(key);
      this.#due.delete(key);
      this.#copied += 1;
      if (order < this.#latest) this.#overtaken += 1;
      this.#latest = Math.max(this.#latest, order);
    }
  }

  async #copy(key: string): Promise<void> {
    const { from, to } = this.#plan;
    const got = await s3Request({ method: 'GET', ...at(from, key) });
    // Probes come and go.
    if (got.status === 404) return;
    if (!got.ok) throw new Error(`${key}: ${got.status}`);
    const body = Buffer.from(await got.arrayBuffer());
    const put = await s3Request({ method: 'PUT', ...at(to, key), body, headers: { 'if-none-match': '*' } });
    if (!put.ok && put.status !== 412) throw new Error(`${key}: ${put.status}`);
  }
}

function at({ endpoint, keys, bucket }: BucketAt, key?: string): { endpoint: string; keys: S3Keys; path: string } {
  return { endpoint, keys, path: key === undefined ? bucket : `${bucket}/${key}` };
}

async function keysOf(bucket: BucketAt): Promise<readonly string[]> {
  const keys: string[] = [];
  for (;;) {
    const after = keys.at(-1);
    const query = { 'list-type': '2', ...(after === undefined ? {} : { 'start-after': after }) };
    const listed = await s3Request({ method: 'GET', ...at(bucket), query });
    const text = await listed.text();
    if (!listed.ok) throw new Error(`the bucket cannot be listed: ${listed.status}`);
    const page = [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
    keys.push(...page);
    const isLast = page.length === 0 || !text.includes('<IsTruncated>true<');
    if (isLast) return keys.filter((found) => !found.includes('/probe/'));
  }
}
