"""A Ray cluster of several nodes on this machine, for ray.test.ts: a head without room for cells, and workers with one CPU each.

argv: how many workers. Prints its address, then kills a worker, raylet and all, for each line that it reads. Ends with its input.
"""

import os
import sys

from ray.cluster_utils import Cluster


def patiently(start, attempts=6):
    """Starts a node, for which Ray allows half a minute: on a busy machine that is short."""
    for _ in range(attempts - 1):
        try:
            return start()
        except Exception as error:
            print(error)
    return start()


answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what Ray prints is no answer
cluster = patiently(lambda: Cluster(initialize_head=True, head_node_args={"num_cpus": 0}))
workers = [patiently(lambda: cluster.add_node(num_cpus=1)) for _ in range(int(sys.argv[1]))]
print(cluster.address, file=answers, flush=True)
for _ in sys.stdin:
    cluster.remove_node(workers.pop(), allow_graceful=False)
    print("killed", file=answers, flush=True)
cluster.shutdown()
