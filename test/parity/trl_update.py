"""Updates of TRL's own loop on the responses that bellows drew, for each export that is named.

An export has rollouts.json, gradient.safetensors and after.safetensors beside (first-steps.ts). Prints a JSON object: what
was compared, by folder.
"""

import importlib.util
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import TrainerCallback


def relative(ours, theirs):
    """Norm of the difference of two lists of tensors over the norm of the first."""
    flat = [torch.cat([t.double().flatten() for t in tensors]) for tensors in (ours, theirs)]
    return ((flat[0] - flat[1]).norm() / flat[0].norm()).item()


class Capture(TrainerCallback):
    def on_pre_optimizer_step(self, args, state, control, model, **_):
        if state.global_step == 0:
            self.gradient = {name: p.grad.clone() for name, p in model.named_parameters()}


def load_train(folder):
    """The export's train.py as a module of its own."""
    sys.path[:0] = [str(folder)]
    spec = importlib.util.spec_from_file_location(f"train_{folder.parent.name}", folder / "train.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compare(folder):
    rollouts = json.loads((folder / "rollouts.json").read_text())
    trainer = load_train(folder).make_trainer(0, folder)
    capture = Capture()
    trainer.add_callback(capture)
    caps, scored = [], []

    def say_what_bellows_said(*_, **__):
        caps.append(trainer.generation_config.max_new_tokens)
        return [r["tokens"] for r in rollouts[len(caps) - 1]], None

    trainer._generate_single_turn = say_what_bellows_said
    score = trainer._generate_and_score_completions

    def score_and_keep(inputs):
        scored.append(score(inputs))
        return scored[-1]

    trainer._generate_and_score_completions = score_and_keep
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    trainer.train()
    after = dict(trainer.model.named_parameters())
    ours, ours_after = load_file(folder / "gradient.safetensors"), load_file(folder / "after.safetensors")
    names = list(ours)
    assert set(names) == set(after), "the models have other parameters"
    norm = torch.cat([ours[n].flatten() for n in names]).norm().item()
    clip = min(1.0, trainer.args.max_grad_norm / norm)  # TRL's is looked at after clipping
    advantages = [torch.tensor([r["advantage"] for r in step]) for step in rollouts]
    return {
        "gradient": relative([ours[n] * clip for n in names], [capture.gradient[n] for n in names]),
        "update": relative([ours_after[n] - before[n] for n in names], [after[n].detach() - before[n] for n in names]),
        "advantages": max((a - s["advantages"]).abs().max().item() for a, s in zip(advantages, scored, strict=True)),
        "caps": caps,
        "norm": norm,
    }


print(json.dumps({folder: compare(Path(folder)) for folder in sys.argv[1:]}))
