"""One update of TRL's own loop on the responses that bellows drew. Run in an export with rollouts.json beside."""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import TrainerCallback

HERE = Path.cwd()
sys.path.insert(0, str(HERE))
from train import make_trainer  # noqa: E402


def relative(ours, theirs):
    """Norm of the difference of two lists of tensors over the norm of the first."""
    flat = [torch.cat([t.double().flatten() for t in tensors]) for tensors in (ours, theirs)]
    return ((flat[0] - flat[1]).norm() / flat[0].norm()).item()


class Capture(TrainerCallback):
    def on_pre_optimizer_step(self, args, state, control, model, **_):
        self.gradient = {name: p.grad.clone() for name, p in model.named_parameters()}


rollouts = json.loads((HERE / "rollouts.json").read_text())
trainer = make_trainer(0, HERE)
capture = Capture()
trainer.add_callback(capture)
trainer._generate_single_turn = lambda prompt_ids, *_, **__: ([r["tokens"] for r in rollouts], None)
score = trainer._generate_and_score_completions
scored = {}


def score_and_keep(inputs):
    output = score(inputs)
    scored["advantages"] = output["advantages"].clone()
    return output


trainer._generate_and_score_completions = score_and_keep
before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
trainer.train()
after = dict(trainer.model.named_parameters())
ours, ours_after = load_file(HERE / "gradient.safetensors"), load_file(HERE / "after.safetensors")
names = list(ours)
assert set(names) == set(after), "the models have other parameters"
advantages = torch.tensor([r["advantage"] for r in rollouts])
print(
    json.dumps(
        {
            "gradient": relative([ours[n] for n in names], [capture.gradient[n] for n in names]),
            "update": relative([ours_after[n] - before[n] for n in names], [after[n].detach() - before[n] for n in names]),
            "advantages": (advantages - scored["advantages"]).abs().max().item(),
            "norm": torch.cat([ours[n].flatten() for n in names]).norm().item(),
        }
    )
)
