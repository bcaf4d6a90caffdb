"""Prints a metric of a run as a logger has stored it: [[step, value], …]. argv: logger, run folder, metric."""

import glob
import json
import struct
import subprocess
import sys


def trackio(run, metric):
    command = ["trackio", "get", "metric", "--project", "bellows", "--run", run, "--metric", metric, "--json"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [[value["step"], value["value"]] for value in found["values"]]


def tensorboard(run, metric):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    events = EventAccumulator(run, {"tensors": 0}).Reload()
    return [[event.step, float(tensor_util.make_ndarray(event.tensor_proto))] for event in events.Tensors(metric)]


def wandb(run, metric):
    from wandb.proto import wandb_internal_pb2

    values = []
    for data in leveldb_log(open(glob.glob(f"{run}/wandb/offline-run-*/*.wandb")[0], "rb").read()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        items = {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in record.history.item}
        if metric in items:
            values.append([items["_step"], items[metric]])
    return values


def leveldb_log(file):
    """Records of a .wandb file: 7 bytes of its own, then LevelDB's log format, of blocks of 32 KiB."""
    place, parts = 7, b""
    while place + 7 <= len(file):
        if 32768 - place % 32768 < 7:
            place += 32768 - place % 32768  # what is left of a block holds no header
            continue
        _, size, kind = struct.unpack("<IHB", file[place : place + 7])
        parts += file[place + 7 : place + 7 + size]
        place += 7 + size
        if kind in (1, 4):  # whole, or the last part
            yield parts
            parts = b""


log, *which = sys.argv[1:]
print(json.dumps({"trackio": trackio, "tensorboard": tensorboard, "wandb-offline": wandb}[log](*which)))
