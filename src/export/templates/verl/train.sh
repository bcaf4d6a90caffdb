#!/bin/sh
# Trains the model in this folder with verl, as `bellows train` does. Settings of verl may follow: sh train.sh trainer.n_gpus_per_node=4
set -eu
cd "$(dirname "$0")"
export EXPORT="$PWD"                                # config.yaml finds this folder by it
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" # so that Ray's workers find bellows_verl.py
exec python3 -m verl.trainer.main_ppo --config-path "$EXPORT" --config-name config "$@"
