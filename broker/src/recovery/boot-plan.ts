import { hasCode } from '../edge/index.ts';
import type { Disk, ChronikError } from '../edge/index.ts';
import { HoldError } from './boot-error.ts';

/** What a promotion may cost, and what it was decided upon. */
export interface PromotionOrder {
  readonly planId: string;
  /** The timeline of which the preview was made. */
  readonly expectedParent: string;
  readonly maxDataLossMs: number;
  readonly force: boolean;
  /** The brokers of before were stopped in good order: first the copy has to hold all that they wrote, then nothing is lost. */
  readonly isPlanned: boolean;
  /** Since when nothing can have been acknowledged any more, milliseconds since 1970; undefined: until now. */
  readonly lostAtMs?: number;
}

/** What a broker is told before it opens a store; `crds/boot-plan.v1.schema.json` is the form in which it comes. */
export interface BootPlan {
  readonly planId: string;
  readonly mode: 'Auto' | 'Hold' | 'Promote';
  /** `primary`, or the name of a replica store. */
  readonly activeStore: string;
  /** Nobody has said that the cluster runs there, it is only where one begins: the timelines of all stores decide (rule 14). */
  readonly isStoreAssumed: boolean;
  readonly lineage: string | undefined;
  readonly onEmptyVolume: 'Auto' | 'Hold';
  readonly releasedVolumes: readonly string[];
  /** Of mode Promote, and only of it. */
  readonly promotion: PromotionOrder | undefined;
}

const VERSION = 1;
const REMEDY =
  "Nothing was touched. The plan is the operator's: see that it runs, and that nobody else edits the plan.";

/**
 * Reads the plan. Rejects with HoldError: PLAN_UNREADABLE, PLAN_INVALID, PLAN_TOO_NEW. Without a plan nobody knows which store is
 * the cluster's (rule 14), so the broker waits.
 */
export async function readBootPlan(disk: Disk, path: string): Promise<BootPlan> {
  let text: string;
  try {
    text = (await disk.readFile(path)).toString('utf8');
  } catch (error) {
    const why = hasCode(error, 'ENOENT') ? 'is not there' : `cannot be read: ${String(error)}`;
    throw new HoldError('PLAN_UNREADABLE', `the boot plan ${path} ${why}`, { remedy: REMEDY, cause: error });
  }
  return parseBootPlan(text, path);
}

/** Accepts exactly what the schema accepts. Throws HoldError: PLAN_UNREADABLE, PLAN_INVALID, PLAN_TOO_NEW. */
export function parseBootPlan(text: string, path: string): BootPlan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HoldError('PLAN_UNREADABLE', `the boot plan ${path} is not JSON`, { remedy: REMEDY, cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HoldError('PLAN_INVALID', `the boot plan ${path} is not a JSON object`, { remedy: REMEDY });
  }
  return new PlanReader(value as Readonly<Record<string, unknown>>, path).read();
}

const PLAN_ID = /^[A-Za-z0-9._:-]{1,128}$/;
const STORE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const ID = /^[A-Za-z0-9_-]{1,64}$/;
const TIMELINE = /^[0-9]{10}-[0-9a-f]{8}$/;
const MAX_RELEASED = 64;

class PlanReader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #taken = new Set<string>();

  constructor(fields: Readonly<Record<string, unknown>>, path: string) {
    this.#fields = fields;
    this.#path = path;
  }

  read(): BootPlan {
    this.#version();
    const planId = this.#text('planId', PLAN_ID);
    const mode = this.#choice('mode', ['Auto', 'Hold', 'Promote']);
    const plan: BootPlan = {
      planId,
      mode,
      activeStore: this.#text('activeStore', STORE_NAME),
      isStoreAssumed: mode === 'Auto' && this.#flag('storeAssumed'),
      lineage: this.#has('lineage') ? this.#text('lineage', ID) : undefined,
      onEmptyVolume: this.#has('onEmptyVolume') ? this.#choice('onEmptyVolume', ['Auto', 'Hold']) : 'Auto',
      releasedVolumes: this.#has('releasedVolumes') ? this.#ids('releasedVolumes') : [],
      promotion: mode === 'Promote' ? this.#promotion(planId) : undefined,
    };
    const extra = Object.keys(this.#fields).find((name) => !this.#taken.has(name));
    if (extra !== undefined) throw this.#invalid(`field "${extra}" does not belong into a plan of mode ${mode}`);
    return plan;
  }

  #version(): void {
    const version = this.#take('version');
    if (version === VERSION) return;
    if (typeof version === 'number' && version > VERSION) {
      throw new HoldError('PLAN_TOO_NEW', `the boot plan ${this.#path} has version ${version}; this release knows 1`, {
        remedy: 'Use brokers of the release of the operator.',
      });
    }
    throw this.#wrong('version', 'the number 1');
  }

  #promotion(planId: string): PromotionOrder {
    const maxDataLossMs = this.#count('maxDataLossMs');
    const lostAt = this.#has('lostAtMs') ? { lostAtMs: this.#count('lostAtMs') } : {};
    const [force, isPlanned] = [this.#flag('force'), this.#flag('planned')];
    return {
      planId,
      expectedParent: this.#text('expectedParent', TIMELINE),
      maxDataLossMs,
      force,
      isPlanned,
      ...lostAt,
    };
  }

  /** Left out: false. */
  #flag(name: string): boolean {
    const value = this.#has(name) ? this.#take(name) : false;
    if (typeof value !== 'boolean') throw this.#wrong(name, 'true or false');
    return value;
  }

  #count(name: string): number {
    const value = this.#take(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw this.#wrong(name, 'a whole number of milliseconds');
    }
    return value;
  }

  #ids(name: string): readonly string[] {
    const value = this.#take(name);
    const isList = Array.isArray(value) && value.length <= MAX_RELEASED;
    if (!isList || !value.every((id): id is string => typeof id === 'string' && ID.test(id))) {
      throw this.#wrong(name, `a list of up to ${MAX_RELEASED} ids`);
    }
    return value;
  }

  #text(name: string, pattern: RegExp): string {
    const value = this.#take(name);
    if (typeof value !== 'string' || !pattern.test(value)) throw this.#wrong(name, `a text like ${pattern.source}`);
    return value;
  }

  #choice<Value extends string>(name: string, values: readonly Value[]): Value {
    const value = this.#take(name);
    const found = values.find((known) => known === value);
    if (found === undefined) throw this.#wrong(name, `one of ${values.join(', ')}`);
    return found;
  }

  #has(name: string): boolean {
    return Object.hasOwn(this.#fields, name);
  }

  #take(name: string): unknown {
    this.#taken.add(name);
    return this.#has(name) ? this.#fields[name] : undefined;
  }

  #wrong(name: string, expected: string): ChronikError {
    return this.#invalid(this.#has(name) ? `field "${name}" is not ${expected}` : `field "${name}" is missing`);
  }

  #invalid(why: string): ChronikError {
    return new HoldError('PLAN_INVALID', `the boot plan ${this.#path} is not valid: ${why}`, { remedy: REMEDY });
  }
}
