/** The settings of a topic that the produce path needs at every batch. */
export interface TopicSettings {
  /** `max.message.bytes`: size of a batch. */
  readonly maxMessageBytes: number;
  /** `message.timestamp.type` is LogAppendTime. */
  readonly logAppendTime: boolean;
  /** `message.timestamp.before.max.ms`, `message.timestamp.after.max.ms`: distance from the broker's clock. */
  readonly timestampBeforeMaxMs: number;
  readonly timestampAfterMaxMs: number;
  /** `cleanup.policy` contains `compact`: every record needs a key. */
  readonly compacted: boolean;
}

/** Effective settings by topic id, worked out once per change. */
export class TopicSettingsCache {
  readonly #settings = new Map<string, TopicSettings>();
  readonly #work: (topicId: string) => TopicSettings;

  constructor(work: (topicId: string) => TopicSettings) {
    this.#work = work;
  }

  get(topicId: string): TopicSettings {
    let settings = this.#settings.get(topicId);
    if (settings === undefined) {
      settings = this.#work(topicId);
      this.#settings.set(topicId, settings);
    }
    return settings;
  }

  /** The topic's configuration has changed, or it is gone. */
  forget(topicId: string): void {
    this.#settings.delete(topicId);
  }

  /** The defaults of the brokers have changed. */
  forgetAll(): void {
    this.#settings.clear();
  }
}

/** Reads a topic's settings from its effective configuration. */
export function topicSettings(config: (name: string) => string): TopicSettings {
  return {
    maxMessageBytes: Number(config('max.message.bytes')),
    logAppendTime: config('message.timestamp.type') === 'LogAppendTime',
    timestampBeforeMaxMs: Number(config('message.timestamp.before.max.ms')),
    timestampAfterMaxMs: Number(config('message.timestamp.after.max.ms')),
    compacted: config('cleanup.policy').split(',').includes('compact'),
  };
}
