"""Writes compressed.txt: data compressed by the libraries that real clients use.

    pip install kafka-python==3.0.12 cramjam==2.14.0 lz4==4.4.5 zstandard==0.25.0
    python make-compressed.py > compressed.txt

Each line is `codec variant input hex`. The inputs are made by the same rule in compressed.test.ts.
"""
import gzip

import cramjam
import lz4.block
import lz4.frame
import zstandard
from kafka.codec import snappy_encode


def random_bytes(count):
    state, out = 1, bytearray()
    for _ in range(count):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        out.append(state >> 16 & 0xFF)
    return bytes(out)


TEXT = b"".join(b"line %d of the text\n" % (i % 97) for i in range(4000))
INPUTS = {
    "empty": b"",
    "one": b"x",
    "short": b"abcabcabcabcabc",
    "random": random_bytes(700),
    "run": b"z" * 70000,
    "text": TEXT,
    "mixed": random_bytes(300) + TEXT[:40000] + random_bytes(300) + TEXT[:40000],
}


def lz4_frame(**options):
    return lambda data: lz4.frame.compress(data, **options)


VARIANTS = [
    ("gzip", "level-6", lambda data: gzip.compress(data, 6, mtime=0)),
    ("snappy", "xerial", snappy_encode),
    ("snappy", "raw", lambda data: bytes(cramjam.snappy.compress_raw(data))),
    ("lz4", "linked", lz4_frame(block_linked=True, block_size=lz4.frame.BLOCKSIZE_MAX64KB)),
    ("lz4", "independent", lz4_frame(block_linked=False, block_size=lz4.frame.BLOCKSIZE_MAX64KB)),
    ("lz4", "checked", lz4_frame(content_checksum=True, block_checksum=True, store_size=True)),
    ("lz4", "high", lz4_frame(compression_level=9, block_size=lz4.frame.BLOCKSIZE_MAX4MB, store_size=False)),
    ("zstd", "level-3", lambda data: zstandard.ZstdCompressor(level=3).compress(data)),
    ("zstd", "no-size", lambda data: zstandard.ZstdCompressor(level=3, write_content_size=False).compress(data)),
]

for codec, variant, compress in VARIANTS:
    for name, data in INPUTS.items():
        print(codec, variant, name, compress(data).hex())
