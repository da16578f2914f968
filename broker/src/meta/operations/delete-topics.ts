import type { TopicDeleted } from '../event.ts';
import type { MetadataImage, TopicImage } from '../image.ts';
import type { MetadataUpdate } from '../metadata-log.ts';
import { duplicates, refused } from './result.ts';
import type { Refused } from './result.ts';

/** By name or by id, as the request has it. */
export type TopicSelector =
  | { readonly by: 'name'; readonly name: string }
  | { readonly by: 'id'; readonly topicId: string };

export interface DeletedTopic {
  readonly outcome: 'deleted';
  readonly name: string;
  readonly topicId: string;
}

export type DeleteTopicResult = { readonly selector: TopicSelector } & (DeletedTopic | Refused);

/** Deletes each topic, or says why not. The objects stay in the bucket until they are garbage. */
export function deleteTopics(
  image: MetadataImage,
  selectors: readonly TopicSelector[],
): MetadataUpdate<readonly DeleteTopicResult[]> {
  const found = selectors.map((selector) => select(image, selector));
  const twice = duplicates(found.flatMap((topic) => (topic === undefined ? [] : [topic.id])));
  const events: TopicDeleted[] = [];
  const result = selectors.map((selector, index): DeleteTopicResult => {
    const topic = found[index];
    if (topic === undefined) return { selector, ...unknown(selector) };
    if (twice.has(topic.id)) return { selector, ...refused('INVALID_REQUEST', `Duplicate topic ${selector.by}.`) };
    if (topic.internal) {
      return { selector, ...refused('INVALID_REQUEST', `Topic '${topic.name}' belongs to the broker and stays.`) };
    }
    events.push({ kind: 'topicDeleted', topicId: topic.id });
    return { selector, outcome: 'deleted', name: topic.name, topicId: topic.id };
  });
  return { events, result };
}

function select(image: MetadataImage, selector: TopicSelector): TopicImage | undefined {
  return selector.by === 'name' ? image.topic(selector.name) : image.topicById(selector.topicId);
}

function unknown(selector: TopicSelector): Refused {
  return selector.by === 'name'
    ? refused('UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition.')
    : refused('UNKNOWN_TOPIC_ID', 'This server does not host this topic ID.');
}
