"""Writes train/testdata/events.tfrecord with TensorBoard's own protocol buffers and record writer, and reads it back.

    pip install tensorboard
    python cmd/versus/tensorboard_golden.py train/testdata/events.tfrecord
"""

import sys

from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

path = sys.argv[1]
with open(path, "wb") as f:
    w = RecordWriter(f)
    w.write(Event(wall_time=1700000000.25, file_version="brain.Event:2").SerializeToString())
    for step, numbers in ((1, {"train/loss": 5.5, "train/learning_rate": 0.001}), (300, {"validation/loss": 2.25, "validation/bits_per_byte": 0.0})):
        values = [Summary.Value(tag=tag, simple_value=x) for tag, x in numbers.items()]
        w.write(Event(wall_time=1700000000.25, step=step, summary=Summary(value=values)).SerializeToString())

events = list(LegacyEventFileLoader(path).Load())
assert [e.step for e in events] == [0, 1, 300], events
assert [v.simple_value for v in events[2].summary.value] == [2.25, 0.0], events
