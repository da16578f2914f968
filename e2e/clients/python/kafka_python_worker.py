"""kafka-python, the Python client that is Python only. Usage: kafka_python_worker.py HOST:PORT"""

import sys
import time

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, OffsetSpec

from worker import seen, serve, to_write

SECONDS = 20
MILLISECONDS = SECONDS * 1000
PREFERRED = 0
ELECTION_NOT_NEEDED = 84


class Actions:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.admin = KafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=MILLISECONDS)

    def describeCluster(self):
        cluster = self.admin.describe_cluster()
        brokers = [f"{broker['host']}:{broker['port']}" for broker in cluster["brokers"]]
        return {"clusterId": cluster["cluster_id"], "brokers": brokers}

    def apiVersions(self):
        return [key.name if hasattr(key, "name") else str(key) for key in self.admin.api_versions()]

    def createTopic(self, name, partitions, configs):
        topic = {"num_partitions": partitions, "replication_factor": 1, "configs": configs}
        self.admin.create_topics({name: topic}, timeout_ms=MILLISECONDS)

    def listTopics(self):
        return self.admin.list_topics()

    def describeTopic(self, name):
        described = self.admin.describe_topics([name])[0]
        return sum(1 for partition in described["partitions"] if partition["leader_id"] >= 0)

    def produce(self, topic, records, acks, codec, idempotent):
        settings = {"acks": acks, "compression_type": None if codec == "none" else codec}
        producer = KafkaProducer(bootstrap_servers=self.bootstrap, enable_idempotence=idempotent, **settings)
        try:
            sent = []
            for record in records:
                key, value, headers = to_write(record)
                sent.append(producer.send(topic, value=value, key=key, headers=headers))
            producer.flush(timeout=SECONDS)
            for future in sent:
                future.get(timeout=SECONDS)
        finally:
            producer.close(timeout=SECONDS)

    def consume(self, topic, total):
        consumer = self._consumer(None)
        try:
            consumer.assign([TopicPartition(topic, partition) for partition in consumer.partitions_for_topic(topic)])
            consumer.seek_to_beginning()
            return self._read(consumer, total)
        finally:
            consumer.close()

    def consumeInGroup(self, group, topic, total):
        consumer = self._consumer(group)
        try:
            consumer.subscribe([topic])
            records = self._read(consumer, total)
            consumer.commit()
            return records
        finally:
            consumer.close()

    def listGroups(self):
        return [group["group_id"] for group in self.admin.list_groups()]

    def describeGroup(self, group, topic):
        described = self.admin.describe_groups([group])[group]
        if described["group_state"] != "Empty":
            raise RuntimeError(f"group {group} is {described['group_state']} instead of Empty")
        offsets = self.admin.list_group_offsets({group: None})[group]
        return [[at.partition, entry.offset] for at, entry in offsets.items() if at.topic == topic]

    def resetOffsets(self, group, topic):
        specs = {at: OffsetSpec.EARLIEST for at in self._partitions(topic)}
        self.admin.reset_group_offsets(group, specs)

    def deleteGroup(self, group):
        for name, error in self.admin.delete_groups([group]).items():
            if error not in ("OK", None):
                raise RuntimeError(f"{name}: {error}")

    def alterConfigs(self, topic, configs):
        self.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)], incremental=True)

    def describeConfigs(self, topic):
        answer = self.admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
        entries = next(iter(answer.values()))[topic]
        return {name: entry["value"] for name, entry in entries.items()}

    def createPartitions(self, topic, total):
        self.admin.create_partitions({topic: total}, timeout_ms=MILLISECONDS)

    def listOffsets(self, topic):
        partitions = self._partitions(topic)
        first = self.admin.list_partition_offsets({at: OffsetSpec.EARLIEST for at in partitions})
        end = self.admin.list_partition_offsets({at: OffsetSpec.LATEST for at in partitions})
        return [[at.partition, first[at].offset, end[at].offset] for at in partitions]

    def deleteRecords(self, topic, partition, before):
        self.admin.delete_records({TopicPartition(topic, partition): before}, timeout_ms=MILLISECONDS)

    def deleteTopic(self, topic):
        self.admin.delete_topics([topic], timeout_ms=MILLISECONDS)

    def logDirs(self, topic):
        found = 0
        for broker in self.admin.describe_log_dirs([topic]):
            for directory in broker["log_dirs"]:
                if directory["error_code"] != 0:
                    raise RuntimeError(str(directory))
                found += sum(len(entry["partitions"]) for entry in directory["topics"] if entry["name"] == topic)
        return found

    def electLeaders(self, topic, partition):
        answer = self.admin.elect_leaders(PREFERRED, {topic: [partition]}, timeout_ms=MILLISECONDS, raise_errors=False)
        for result in answer.replica_election_results:
            for entry in result.partition_result:
                # The preferred leader leads already: with one broker there is nobody else.
                if entry.error_code not in (0, ELECTION_NOT_NEEDED):
                    raise RuntimeError(str(entry))

    def reassignPartitions(self, topic, partition, broker):
        at = TopicPartition(topic, partition)
        error = self.admin.alter_partition_reassignments({at: [broker]}, timeout_ms=MILLISECONDS)[at]
        if error is not None:
            raise error
        if self.admin.list_partition_reassignments([at]):
            raise RuntimeError("a reassignment to the same broker goes on")

    def _partitions(self, topic):
        described = self.admin.describe_topics([topic])[0]
        return [TopicPartition(topic, partition["partition_index"]) for partition in described["partitions"]]

    def _consumer(self, group):
        settings = {"auto_offset_reset": "earliest", "enable_auto_commit": False}
        return KafkaConsumer(bootstrap_servers=self.bootstrap, group_id=group, **settings)

    def _read(self, consumer, total):
        records = []
        end = time.monotonic() + SECONDS
        while len(records) < total and time.monotonic() < end:
            for batch in consumer.poll(timeout_ms=500).values():
                for record in batch:
                    place = record.partition, record.offset
                    records.append(seen(*place, record.key, record.value, record.headers))
        if len(records) < total:
            raise RuntimeError(f"{len(records)} of {total} records within {SECONDS} s")
        return records


serve(Actions(sys.argv[1]))
