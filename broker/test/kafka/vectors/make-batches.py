"""Writes batches.txt: record batches as kafka-python builds them.

    pip install kafka-python==3.0.12 cramjam==2.14.0 lz4==4.4.5 zstandard==0.25.0
    python make-batches.py > batches.txt

Each line is `codec hex`. The records are made by the same rule in record-batch.vectors.test.ts.
"""
from kafka.record.default_records import DefaultRecordBatchBuilder

for number, codec in enumerate(["none", "gzip", "snappy", "lz4", "zstd"]):
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=number,
        is_transactional=number % 2 == 1,
        producer_id=2**40 + number,
        producer_epoch=number,
        base_sequence=number * 100,
        batch_size=1 << 20,
    )
    for i in range(30):
        key = None if i % 5 == 0 else b"key-%d" % i
        value = None if i % 7 == 3 else b"value %d " % i * i
        headers = [("name-%d" % n, None if n == 2 else b"h" * n) for n in range(i % 4)]
        assert builder.append(i, 1700000000000 + i * 250, key, value, headers) is not None
    print(codec, bytes(builder.build()).hex())
