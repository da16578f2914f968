import { type MetadataLog, allocateProducerIds } from '../meta/index.ts';

/** Producer ids that no other producer of this lineage has ever had: taken in blocks that the metadata log remembers. */
export class ProducerIds {
  readonly #metadata: MetadataLog;
  readonly #brokerId: number;
  #next = 0;
  #end = 0;
  #taking: Promise<void> | undefined;

  constructor(metadata: MetadataLog, brokerId: number) {
    this.#metadata = metadata;
    this.#brokerId = brokerId;
  }

  /** Rejects as MetadataLog.update does. */
  async take(): Promise<number> {
    while (this.#next === this.#end) {
      this.#taking ??= this.#takeBlock().finally(() => {
        this.#taking = undefined;
      });
      await this.#taking;
    }
    return this.#next++;
  }

  async #takeBlock(): Promise<void> {
    const { result } = await this.#metadata.update((image) => allocateProducerIds(image, this.#brokerId));
    this.#next = result.firstProducerId;
    this.#end = result.firstProducerId + result.count;
  }
}
