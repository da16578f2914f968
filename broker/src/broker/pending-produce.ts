import type { Timer } from '../edge/index.ts';
import { KafkaErrors, type ResponseInput } from '../kafka/index.ts';
import { type AckWaiter, PartitionError, type PartitionLog } from '../partition/index.ts';
import { closedErrorName } from './partition-lookup.ts';
import type { Services } from './services.ts';

/** One partition of a produce response while it is being made. */
export interface ProduceAnswer {
  readonly index: number;
  errorCode: number;
  baseOffset: number;
  logAppendTimeMs: number;
  logStartOffset: number;
  recordErrors: readonly { readonly batchIndex: number; readonly batchIndexErrorMessage: string | null }[];
  errorMessage: string | null;
}

/** A batch that was appended (or is a duplicate of one that was), waiting to be acknowledged. */
export interface AppendedBatch {
  readonly log: PartitionLog;
  readonly lastOffset: number;
  readonly answer: ProduceAnswer;
}

/** Turns an answer into an error. */
export function refuse(answer: ProduceAnswer, errorCode: number, message: string | null): void {
  answer.errorCode = errorCode;
  answer.errorMessage = message;
  answer.baseOffset = -1;
  answer.logAppendTimeMs = -1;
  answer.logStartOffset = -1;
}

/** A produce request with acks=all: answered when all its batches lie in the bucket, or its time is over. */
export class PendingProduce implements AckWaiter {
  readonly #services: Services;
  readonly #batches: readonly AppendedBatch[];
  readonly #byId: boolean;
  readonly #response: ResponseInput<'Produce'>;
  readonly #resolve: (response: ResponseInput<'Produce'>) => void;
  readonly #open: boolean[];
  readonly #timer: Timer;
  #left: number;

  /** `byId`: the request names its topics by id. */
  constructor(
    services: Services,
    request: { readonly batches: readonly AppendedBatch[]; readonly timeoutMs: number; readonly byId: boolean },
    response: ResponseInput<'Produce'>,
    resolve: (response: ResponseInput<'Produce'>) => void,
  ) {
    this.#services = services;
    this.#batches = request.batches;
    this.#byId = request.byId;
    this.#response = response;
    this.#resolve = resolve;
    this.#left = request.batches.length;
    this.#open = request.batches.map(() => true);
    this.#timer = services.clock.setTimer(Math.max(0, request.timeoutMs), () => this.#timedOut());
    for (const [tag, { log, lastOffset }] of request.batches.entries()) log.whenCommitted(lastOffset, this, tag);
  }

  committed(tag: number): void {
    this.#settle(tag);
  }

  failed(tag: number, error: Error): void {
    const batch = this.#batches[tag];
    if (this.#open[tag] === true && batch !== undefined) {
      const name = error instanceof PartitionError ? closedErrorName(error, this.#byId) : 'UNKNOWN_SERVER_ERROR';
      refuse(batch.answer, KafkaErrors[name], error.message);
    }
    this.#settle(tag);
  }

  #settle(tag: number): void {
    if (this.#open[tag] !== true) return;
    this.#open[tag] = false;
    this.#left--;
    if (this.#left === 0) this.#finish();
  }

  #timedOut(): void {
    this.#services.counters.produceTimeouts++;
    for (const [tag, { answer }] of this.#batches.entries()) {
      if (this.#open[tag] !== true) continue;
      this.#open[tag] = false;
      refuse(answer, KafkaErrors.REQUEST_TIMED_OUT, 'The batch was not in the bucket in time; it may get there yet.');
    }
    this.#left = 0;
    this.#resolve(this.#response);
  }

  #finish(): void {
    this.#timer.cancel();
    this.#resolve(this.#response);
  }
}
