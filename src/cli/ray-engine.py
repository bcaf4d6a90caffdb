"""Runs cells of a comparison on a Ray cluster, by Ray's public API alone.

`bellows compare --engine ray` starts it (ray-engine.ts) with its options, a JSON object, as the one argument. They speak JSON, a
line each:

  in   {"run": cell}, {"stop": cell}. The end of the input is the end of this program and of all that runs for it.
  out  {"nodes", "room"} once, when the cluster is there: its nodes, and how many cells they have room for at a time.
       {"cell", "out"} and {"cell", "err"}: lines that a cell prints. {"cell", "status"}: it ended; null where its worker died.

Nothing is tried again here: that is for those who ask.
"""

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import ray


@ray.remote(max_concurrency=2)  # stop() is heard while run() is at work
class Cell:
    """A cell on its node: `node bellows.js compare --resume <folder> --cell <name>`. An actor: a task cannot be asked to save."""

    def __init__(self):
        # What Node calls an IPC channel: JSON lines both ways. At a word the cell saves and ends, and once this process is gone,
        # however it went, it ends at once (`obeyParent` of src/host/node-program.ts).
        self.channel, self.childs = socket.socketpair()

    def stop(self):
        self.channel.sendall(b'"stop"\n')

    def run(self, name, options, program, matrix, files):
        """
        Yields ("host", name), ("out" | "err", line) …, ("files", archive) unless the folder is shared, ("status", number or None).

        program, matrix, files: archives of the program and of what the cell saved, and the matrix; None for what the node has.
        """
        yield "host", socket.gethostname()
        if shutil.which("node") is None:
            yield "err", f"bellows: there is no node on the PATH of {socket.gethostname()}"
            yield "status", None
            return
        with tempfile.TemporaryDirectory(prefix="bellows-") as scratch:
            built = options["program"] or f"{scratch}/program/dist/bellows.js"
            if program is not None:
                unpack(program, Path(scratch) / "program")
            folder = Path(options["folder"] if options["shared"] else f"{scratch}/comparison")
            if not options["shared"]:
                unpack(files, folder / "cells" / name)
                (folder / "matrix.json").write_bytes(matrix)
            status = yield from self.attend([built, "compare", "--resume", str(folder), "--cell", name], options)
            if not options["shared"]:
                yield "files", pack(folder / "cells" / name)
        yield "status", status

    def attend(self, args, options):
        own = {
            "NODE_CHANNEL_FD": str(self.childs.fileno()),
            "LP_NUM_THREADS": str(max(1, int(options["num_cpus"]))),  # Mesa's software driver would take every processor
            "BELLOWS_COMMIT": options["commit"],  # which the program's copy does not know
        }
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
            child = subprocess.Popen(
                ["node", *args],
                env={**os.environ, **own},
                pass_fds=[self.childs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                errors="replace",
            )
            self.childs.close()
            for line in child.stdout:
                yield "out", line.rstrip("\n")
            status = child.wait()
            errors.seek(0)
            for line in errors:
                yield "err", line.rstrip("\n")
        if status >= 0:
            return status
        yield "err", signal.Signals(-status).name
        return None


class Engine:
    """The cells that are asked for, each an actor and a thread that hears it."""

    def __init__(self, options, tell):
        self.options = options
        self.tell = tell
        self.folder = Path(options["folder"])
        self.program = ray.put(None if options["program"] else pack_program(Path(options["root"])))
        self.actors = {}
        self.hosts = {}  # of cells that have begun
        self.stopped = set()

    def run(self, name):
        needs = {key: self.options[key] for key in ("num_cpus", "num_gpus", "resources")}
        self.actors[name] = Cell.options(**needs).remote()
        threading.Thread(target=self.hear, args=[name, self.actors[name]], daemon=True).start()

    def stop(self, name):
        self.stopped.add(name)
        actor = self.actors.get(name)
        if name in self.hosts:
            actor.stop.remote()
        elif actor is not None:
            ray.kill(actor)  # it waits for room: there is nothing to save

    def hear(self, name, actor):
        """Tells what a cell says, to its end."""
        status = None
        try:
            run = actor.run.options(num_returns="streaming")
            for ref in run.remote(name, self.options, self.program, *self.state_of(name)):
                kind, value = ray.get(ref)
                if kind == "host":
                    self.hosts[name] = value
                elif kind == "status":
                    status = value
                elif kind == "files":
                    replace(self.folder / "cells" / name, value)
                else:
                    self.tell({"cell": name, kind: value})
        except ray.exceptions.RayActorError:
            if name not in self.hosts and name not in self.stopped:  # its node died before it began
                time.sleep(1)
                return self.run(name)
            self.tell({"cell": name, "err": f"its worker on {self.hosts.get(name, 'a node')} is gone"})
        except Exception as error:  # e.g. a disk that is full, here or there
            self.tell({"cell": name, "err": (str(error).strip() or repr(error)).splitlines()[-1]})
        ray.kill(actor)
        self.hosts.pop(name, None)
        self.actors.pop(name)
        self.tell({"cell": name, "status": status})

    def state_of(self, name):
        """What a cell begins with on its node: the matrix, and what it saved before."""
        if self.options["shared"]:
            return None, None
        return (self.folder / "matrix.json").read_bytes(), pack(self.folder / "cells" / name)


def pack(root, patterns=("**/*",)):
    """The files of a folder that match, as an archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for pattern in patterns:
            for path in sorted(root.glob(pattern)):
                if path.is_file():
                    file.write(path, path.relative_to(root))
    return archive.getvalue()


def unpack(archive, folder):
    """Makes a folder of an archive."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        file.extractall(folder)


def replace(folder, archive):
    """As `writeFolder` of src/host/node-storage.ts, whose `recover` clears up what is left half done here."""
    partial, replaced = (folder.with_name(folder.name + ending) for ending in (".bellows-partial", ".bellows-replaced"))
    shutil.rmtree(partial, ignore_errors=True)
    unpack(archive, partial)
    os.sync()
    if folder.exists():
        folder.rename(replaced)
    partial.rename(folder)
    shutil.rmtree(replaced, ignore_errors=True)


def pack_program(root):
    """What a node, which runs Linux, needs for a cell: the built program, the bundled checkpoints, and the imported packages."""
    packages, new = [], [root]
    while new:
        dependencies = json.loads((new.pop() / "package.json").read_text()).get("dependencies", {})
        unknown = [name for name in dependencies if name not in packages]
        packages += unknown
        new += [root / "node_modules" / name for name in unknown]
    dawn = ["node_modules/webgpu/*", "node_modules/webgpu/dist/linux-*/*"]  # the builds for others weigh 100 MB
    others = [f"node_modules/{name}/**/*" for name in packages if name != "webgpu"]
    return pack(root, ["package.json", "dist/*.js", "dist/assets/*", "web/public/checkpoints/**/*", *dawn, *others])


def check(address):
    """Ends where nothing answers at RAY_ADDRESS: Ray would try for minutes, and say nothing."""
    host, _, port = address.rpartition(":")
    if port.isdigit() and "/" not in host:
        try:
            socket.create_connection((host, int(port)), timeout=10).close()
        except OSError as error:
            sys.exit(f"bellows: nothing answers at RAY_ADDRESS={address}: {error}")


def cluster_for(options):
    """How many nodes there are, and how many cells they have room for."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    needs = {"CPU": options["num_cpus"], "GPU": options["num_gpus"], **options["resources"]}
    room = sum(int(min(node.get(name, 0) / needed for name, needed in needs.items() if needed > 0)) for node in nodes)
    return {"nodes": len(nodes), "room": room}


def main():
    for name in (signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # a terminal's go to all that it started; they are for bellows
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what Ray prints is no word to bellows
    lock = threading.Lock()

    def tell(message):
        with lock:
            print(json.dumps(message), file=output, flush=True)

    options = json.loads(sys.argv[1])
    check(os.environ.get("RAY_ADDRESS", ""))
    ray.init(log_to_driver=False, logging_level="warning")  # the cluster of RAY_ADDRESS, else one on this machine, else a new one
    engine = Engine(options, tell)
    tell(cluster_for(options))
    for line in sys.stdin:
        for word, name in json.loads(line).items():
            {"run": engine.run, "stop": engine.stop}[word](name)
    ray.shutdown()
    os._exit(0)  # no thread that still hears a cell is waited for


main()
