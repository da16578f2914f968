"""confluent-kafka, the Python client over librdkafka. Usage: confluent_worker.py HOST:PORT"""

import sys
import time
import uuid

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    ElectionType,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from worker import seen, serve, to_write

SECONDS = 20


def settled(futures):
    """Waits for all answers of an admin call; raises the first error."""
    return {key: future.result(SECONDS) for key, future in futures.items()}


class Actions:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.admin = AdminClient({"bootstrap.servers": bootstrap})

    def describeCluster(self):
        cluster = self.admin.describe_cluster(request_timeout=SECONDS).result(SECONDS)
        return {"clusterId": cluster.cluster_id, "brokers": [f"{node.host}:{node.port}" for node in cluster.nodes]}

    def createTopic(self, name, partitions, configs):
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=configs)
        settled(self.admin.create_topics([topic]))

    def listTopics(self):
        return list(self.admin.list_topics(timeout=SECONDS).topics)

    def describeTopic(self, name):
        described = settled(self.admin.describe_topics(TopicCollection([name])))[name]
        return sum(1 for partition in described.partitions if partition.leader is not None)

    def produce(self, topic, records, acks, codec, idempotent):
        settings = {"acks": acks, "compression.type": codec, "enable.idempotence": idempotent}
        producer = Producer({"bootstrap.servers": self.bootstrap, **settings})
        errors = []
        for record in records:
            key, value, headers = to_write(record)
            producer.produce(
                topic, value, key, headers=headers, on_delivery=lambda error, _: error and errors.append(str(error))
            )
        left = producer.flush(SECONDS)
        if left or errors:
            raise RuntimeError(f"{left} records not sent; {errors}")

    def consume(self, topic, total):
        partitions = self.admin.list_topics(topic, timeout=SECONDS).topics[topic].partitions
        consumer = self._consumer(f"unused-{uuid.uuid4()}")
        try:
            consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
            return self._read(consumer, total)
        finally:
            consumer.close()

    def consumeInGroup(self, group, topic, total):
        consumer = self._consumer(group)
        try:
            consumer.subscribe([topic])
            records = self._read(consumer, total)
            consumer.commit(asynchronous=False)
            return records
        finally:
            consumer.close()

    def listGroups(self):
        groups = self.admin.list_consumer_groups(request_timeout=SECONDS).result(SECONDS)
        if groups.errors:
            raise RuntimeError(str(groups.errors))
        return [group.group_id for group in groups.valid]

    def describeGroup(self, group, topic):
        described = settled(self.admin.describe_consumer_groups([group]))[group]
        if described.state.name != "EMPTY":
            raise RuntimeError(f"group {group} is {described.state.name} instead of EMPTY")
        asked = [ConsumerGroupTopicPartitions(group)]
        offsets = settled(self.admin.list_consumer_group_offsets(asked))[group].topic_partitions
        return [[entry.partition, entry.offset] for entry in offsets if entry.topic == topic]

    def resetOffsets(self, group, topic):
        first = [TopicPartition(topic, partition, offset) for partition, (offset, _) in self._offsets(topic).items()]
        asked = [ConsumerGroupTopicPartitions(group, first)]
        answer = settled(self.admin.alter_consumer_group_offsets(asked))[group]
        for entry in answer.topic_partitions:
            if entry.error:
                raise KafkaException(entry.error)

    def deleteGroup(self, group):
        settled(self.admin.delete_consumer_groups([group]))

    def alterConfigs(self, topic, configs):
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in configs.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
        settled(self.admin.incremental_alter_configs([resource]))

    def describeConfigs(self, topic):
        resource = ConfigResource(ResourceType.TOPIC, topic)
        entries = settled(self.admin.describe_configs([resource]))[resource]
        return {name: entry.value for name, entry in entries.items()}

    def createPartitions(self, topic, total):
        settled(self.admin.create_partitions([NewPartitions(topic, total)]))

    def listOffsets(self, topic):
        return [[partition, first, end] for partition, (first, end) in self._offsets(topic).items()]

    def deleteRecords(self, topic, partition, before):
        settled(self.admin.delete_records([TopicPartition(topic, partition, before)]))

    def deleteTopic(self, topic):
        settled(self.admin.delete_topics([topic]))

    def electLeaders(self, topic, partition):
        answer = self.admin.elect_leaders(ElectionType.PREFERRED, [TopicPartition(topic, partition)]).result(SECONDS)
        for error in answer.values():
            # The preferred leader leads already: with one broker there is nobody else.
            if error is not None and error.name() != "ELECTION_NOT_NEEDED":
                raise KafkaException(error)

    def _offsets(self, topic):
        partitions = sorted(self.admin.list_topics(topic, timeout=SECONDS).topics[topic].partitions)
        ends = []
        for spec in (OffsetSpec.earliest(), OffsetSpec.latest()):
            asked = {TopicPartition(topic, partition): spec for partition in partitions}
            answer = settled(self.admin.list_offsets(asked))
            ends.append({entry.partition: result.offset for entry, result in answer.items()})
        return {partition: (ends[0][partition], ends[1][partition]) for partition in partitions}

    def _consumer(self, group):
        settings = {"auto.offset.reset": "earliest", "enable.auto.commit": False}
        return Consumer({"bootstrap.servers": self.bootstrap, "group.id": group, **settings})

    def _read(self, consumer, total):
        records = []
        end = time.monotonic() + SECONDS
        while len(records) < total and time.monotonic() < end:
            message = consumer.poll(0.5)
            if message is None:
                continue
            if message.error():
                raise KafkaException(message.error())
            place = message.partition(), message.offset()
            records.append(seen(*place, message.key(), message.value(), message.headers()))
        if len(records) < total:
            raise RuntimeError(f"{len(records)} of {total} records within {SECONDS} s")
        return records


serve(Actions(sys.argv[1]))
