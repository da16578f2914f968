"""Writes messages.txt: messages as kafka-python encodes them, which carries Kafka's schema and a codec of its own.

    pip install kafka-python==3.0.12 && python make-messages.py > messages.txt

Each line is `name version hex`. The values follow the rule in message-values.ts, so they need not be recorded.
"""
import importlib
import pkgutil
import uuid

import kafka.protocol
from kafka.protocol.api_message import ApiMessage


def classes():
    for module in pkgutil.walk_packages(kafka.protocol.__path__, "kafka.protocol."):
        if ".old" not in module.name and "generate" not in module.name:
            importlib.import_module(module.name)
    found = {}
    queue = [ApiMessage]
    while queue:
        cls = queue.pop()
        queue.extend(cls.__subclasses__())
        if getattr(cls, "_json", None) is not None and "_v" not in cls.__name__:
            found[cls.name] = cls
    return [found[name] for name in sorted(found)]


class Values:
    def __init__(self, version):
        self.version = version
        self.n = 0

    def struct(self, fields):
        value = {}
        for field in fields:
            if not field.for_version_q(self.version):
                continue
            self.n += 1
            tagged = field.tagged_field_q(self.version)
            if tagged and self.n % 2 == 0:
                continue
            value[field.name] = self.field(field, tagged)
        return value

    def field(self, field, tagged):
        n = self.n
        if field.nullable_for_version_q(self.version) and not tagged and n % 3 == 0:
            return None
        if field.is_struct():
            return self.struct(field.fields.values())
        if field.is_struct_array():
            return [self.struct(field.fields.values()) for _ in range(1 + n % 2)]
        if field.is_array():
            return [self.leaf(field.type_str.replace("[]", ""), n + i) for i in range(1 + n % 2)]
        return self.leaf(field.type_str, n)

    def leaf(self, kind, n):
        if kind == "bool":
            return n % 2 == 1
        if kind == "bitfield":
            return {bit for bit in range(32) if (-100000 - n) >> bit & 1}
        if kind == "int8":
            return n % 100 - 50
        if kind == "int16":
            return 1000 + n
        if kind == "uint16":
            return 60000 + n
        if kind == "int32":
            return -100000 - n
        if kind == "int64":
            return 2**40 + n
        if kind == "float64":
            return n + 0.5
        if kind == "string":
            return "s%d%s" % (n, "é" if n % 2 == 1 else "")
        if kind == "uuid":
            return uuid.UUID(bytes=bytes([n % 255 + 1]) * 16)
        if kind in ("bytes", "records"):
            return bytes([n % 256]) * (n % 4)
        raise ValueError(kind)


for cls in classes():
    low, high = cls._json["validVersions"].replace("+", "").partition("-")[::2]
    for version in range(int(low), int(high or low) + 1):
        flexible = cls.flexible_version_q(version)
        value = Values(version).struct(cls._struct.fields.values())
        encoded = cls._struct.encode(value, version=version, compact=flexible, tagged=flexible)
        print(cls.name, version, encoded.hex())
