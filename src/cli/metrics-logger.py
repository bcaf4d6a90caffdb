"""Hands the metrics of a run to a logger while they come. `bellows train --log <logger>` starts it (metrics-logger.ts).

argv: trackio, tensorboard or wandb-offline. Prints "ready" once that is imported. Reads JSON lines: first {"folder", "name",
"config", "resumed"} of the run, then those of its metrics.jsonl, whose names stay as they are. The run ends with the input.
"""

import json
import os
import signal
import sys

PROJECT = "bellows"
LEVEL_FIELDS = {"acc": "accuracy", "acc_se": "standardError", "mean_length": "meanLength", "clipped_ratio": "truncated"}


def trackio():
    import trackio

    def begin(run):
        resume = "allow" if run["resumed"] else "never"
        trackio.init(project=PROJECT, name=run["name"], config=run["config"], resume=resume)
        return trackio.log, trackio.finish

    return begin


def tensorboard():
    from tensorboard.summary import Writer

    def begin(run):
        writer = Writer(run["folder"])

        def log(metrics, step):
            for name, value in metrics.items():
                writer.add_scalar(name, value, step)
            writer.flush()

        return log, writer.close

    return begin


def wandb_offline():
    import wandb

    def begin(run):
        name = run["name"]  # wandb cannot resume offline: what goes on is another run of the same group
        wandb.init(mode="offline", project=PROJECT, name=name, group=name, dir=run["folder"], config=run["config"])
        return wandb.log, wandb.finish

    return begin


def numbers(line):
    """What of a line can be drawn; of an evaluation also each difficulty, as in the page's CSV."""
    metrics = {name: value for name, value in line.items() if type(value) in (int, float) and name != "step"}
    for level in line.get("levels", []):
        for name, field in LEVEL_FIELDS.items():
            if level.get(field) is not None:
                metrics[f"level/{level['name']}/{name}"] = level[field]
    return metrics


def main():
    for name in (signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # a terminal's go to all that it started; they are for bellows
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what loggers print is no word to bellows
    begin = {"trackio": trackio, "tensorboard": tensorboard, "wandb-offline": wandb_offline}[sys.argv[1]]()
    print("ready", file=output, flush=True)
    first = sys.stdin.readline()
    if first == "":
        return  # the run never began
    log, finish = begin(json.loads(first))
    for line in sys.stdin:
        record = json.loads(line)
        metrics = numbers(record)
        if metrics:
            log(metrics, step=record["step"])
    finish()


main()
