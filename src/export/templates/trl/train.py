"""Trains the model in this folder with TRL, as `bellows train` does: python train.py [--seed N] [--out FOLDER]

Everything that was measured lies in FOLDER/metrics.jsonl, a line a step; the model in FOLDER/model.
"""

import argparse
import csv
import json
import os
from pathlib import Path

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, TrainerCallback, set_seed
from trl import GRPOConfig, GRPOTrainer

from reward import score
from verifier import is_right

HERE = Path(__file__).parent
SETTINGS = json.loads((HERE / "settings.json").read_text())


def load_policy():
    """The model, which never says <pad>, and its tokenizer: a token is a word.

    bellows leaves <pad> out of every softmax. Here a bias on the head does that, in sampling and in the loss alike; it
    is a buffer that no checkpoint has, as the architecture has none.
    """
    tokenizer = PreTrainedTokenizerFast.from_pretrained(HERE / "model")
    model = AutoModelForCausalLM.from_pretrained(HERE / "model", dtype=torch.float32)
    bias = torch.zeros(model.config.vocab_size)
    bias[tokenizer.pad_token_id] = -1e9
    del model.lm_head.bias  # None
    model.lm_head.register_buffer("bias", bias, persistent=False)
    return model, tokenizer


def load_schedule():
    """Cap and learning rate of each step: a step is a rollout with its updates."""
    with open(HERE / "schedule.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return [int(row["cap"]) for row in rows], [float(row["learning_rate"]) for row in rows]


class LengthSchedule(TrainerCallback):
    """Lets responses of a step have as many tokens as the schedule says.

    `max_completion_length` stays the largest cap: a loss that divides by it (dr_grpo) must not breathe along.
    """

    def __init__(self, caps, updates):
        self.caps = caps
        self.updates = updates
        self.trainer = None

    def cap(self, update):
        return self.caps[min(update // self.updates, len(self.caps) - 1)]

    def on_step_begin(self, args, state, control, **_):
        cap = self.cap(state.global_step)
        if self.trainer.use_vllm:
            self.trainer.vllm_generation.max_completion_length = cap
        else:
            self.trainer.generation_config.max_new_tokens = cap
            self.trainer.generation_kwargs["max_new_tokens"] = cap


class Journal(TrainerCallback):
    """Writes what TRL logs, and evaluations, as lines of JSON."""

    def __init__(self, path, schedule, evaluate, every):
        self.path = path
        self.schedule = schedule
        self.evaluate = evaluate
        self.every = every
        path.write_text("")

    def write(self, state, record):
        if not state.is_world_process_zero:
            return
        with open(self.path, "a") as file:
            file.write(json.dumps(record) + "\n")

    def on_log(self, args, state, control, logs=None, **_):
        if "reward" not in logs:
            return
        update = state.global_step - 1
        step = update // self.schedule.updates
        self.write(state, {"type": "step", "step": step, "update": update, "cap": self.schedule.cap(update), **logs})

    def on_train_begin(self, args, state, control, model, **_):
        self.write(state, {"type": "eval", "step": 0, **self.evaluate(model)})

    def on_step_end(self, args, state, control, model, **_):
        step, rest = divmod(state.global_step, self.schedule.updates)
        is_due = state.global_step == state.max_steps or (self.every > 0 and step % self.every == 0)
        if rest == 0 and is_due:
            self.write(state, {"type": "eval", "step": step, **self.evaluate(model)})


def make_evaluation(tokenizer):
    """A function of the model: accuracy and length on eval.parquet, at the largest cap."""
    settings = SETTINGS["eval"]
    rows = Dataset.from_parquet(str(HERE / "eval.parquet")).to_list()
    sampling = {"do_sample": True, "temperature": settings["temperature"], "top_k": 0, "top_p": 1.0}
    how = sampling if settings["temperature"] > 0 else {"do_sample": False}

    @torch.no_grad()
    def evaluate(model):
        was_training = model.training
        model.eval()
        right = length = truncated = 0
        for begin in range(0, len(rows), settings["batch"]):
            batch = [row for row in rows[begin : begin + settings["batch"]] for _ in range(settings["samples"])]
            prompts = tokenizer([row["prompt"] for row in batch], padding=True, padding_side="left", return_tensors="pt")
            prompts = prompts.to(model.device)
            tokens = model.generate(**prompts, **how, max_new_tokens=settings["cap"])
            for row, response in zip(batch, tokens[:, prompts["input_ids"].shape[1] :].tolist()):
                ended = tokenizer.eos_token_id in response
                response = response[: response.index(tokenizer.eos_token_id) + 1] if ended else response
                right += is_right(row["prompt"], row["answer"], tokenizer.convert_ids_to_tokens(response))
                length += len(response)
                truncated += not ended
        model.train(was_training)
        count = len(rows) * settings["samples"]
        return {"eval/acc": right / count, "eval/mean_length": length / count, "eval/clipped_ratio": truncated / count}

    return evaluate


def make_trainer(seed, out):
    """TRL's trainer with the settings of the run, on its problems in their order, under its schedule."""
    set_seed(seed)
    model, tokenizer = load_policy()
    caps, rates = load_schedule()
    updates = SETTINGS["updates"]

    def reward(prompts, completion_ids, answer, cap, **_):
        responses = [tokenizer.convert_ids_to_tokens(ids) for ids in completion_ids]
        return [score(*row, SETTINGS["overlongBuffer"]) for row in zip(prompts, answer, responses, cap)]

    # Weight decay on every parameter; TRL's own would spare some.
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.0, **SETTINGS["optimizer"])
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda u: rates[min(u // updates, len(rates) - 1)])
    schedule = LengthSchedule(caps, updates)
    # The batch is that of all processes together.
    batch = SETTINGS["batch"] // int(os.environ.get("WORLD_SIZE", "1"))
    settings = {**SETTINGS["trl"], "per_device_train_batch_size": batch}
    journal = Journal(out / "metrics.jsonl", schedule, make_evaluation(tokenizer), SETTINGS["eval"]["every"])
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=reward,
        args=GRPOConfig(output_dir=str(out), seed=seed, use_cpu=not torch.cuda.is_available(), **settings),
        train_dataset=Dataset.from_parquet(str(HERE / "train.parquet")),
        processing_class=tokenizer,
        optimizers=(optimizer, scheduler),
        callbacks=[schedule, journal],
    )
    schedule.trainer = trainer
    return trainer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=SETTINGS["seed"], help="of sampling; the problems stay the same")
    parser.add_argument("--out", type=Path, default=HERE / "out", help="folder for metrics and the trained model")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    trainer = make_trainer(given.seed, given.out)
    trainer.train()
    trainer.save_model(str(given.out / "model"))


if __name__ == "__main__":
    main()
