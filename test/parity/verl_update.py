"""What verl's own code makes of an export, as far as it goes without a GPU. Run in an export with rollouts.json beside.

Configuration (Hydra, validate_config), tokenizer, data set and loader, agent loop (with a server that says what bellows
drew), reward manager, advantages, actor loss, optimizer. Prints one JSON object.
"""

import asyncio
import json
import os
from pathlib import Path

import hydra
import numpy as np
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from safetensors.torch import load_file
from torchdata.stateful_dataloader import StatefulDataLoader
from transformers import AutoModelForCausalLM
from verl import DataProto
from verl.experimental.agent_loop.agent_loop import DictConfigWrap, ToolListWrap
from verl.trainer.ppo.core_algos import compute_grpo_outcome_advantage, get_policy_loss_fn
from verl.trainer.ppo.reward import load_reward_manager
from verl.trainer.ppo.utils import create_rl_dataset, create_rl_sampler, need_critic, need_reference_policy
from verl.utils.config import omega_conf_to_dataclass, validate_config
from verl.utils.dataset.rl_dataset import collate_fn, get_dataset_class
from verl.utils.torch_functional import logprobs_from_logits
from verl.workers.config.optimizer import build_optimizer
from verl.workers.rollout.replica import TokenOutput

HERE = Path.cwd()
ROLLOUTS = json.loads((HERE / "rollouts.json").read_text())


class Server:
    """Stands for vLLM: answers with what bellows drew, and remembers what it was asked."""

    def __init__(self, rollouts):
        self.rollouts = rollouts
        self.asked = []

    async def generate(self, prompt_ids, sampling_params, **_):
        tokens = self.rollouts[len(self.asked)]["tokens"]
        self.asked.append((prompt_ids, dict(sampling_params)))
        return TokenOutput(token_ids=tokens[: sampling_params["max_tokens"]], log_probs=None)


def relative(ours, theirs):
    flat = [torch.cat([t.double().flatten() for t in tensors]) for tensors in (ours, theirs)]
    return ((flat[0] - flat[1]).norm() / flat[0].norm()).item()


async def respond(config, model_config, row, server):
    """One response by the agent loop that the configuration names."""
    registered = OmegaConf.load(config.actor_rollout_ref.rollout.agent.agent_loop_config_path)
    target = {entry.name: entry for entry in registered}[config.actor_rollout_ref.rollout.agent.default_agent_loop]
    loop = hydra.utils.instantiate(
        config=target,
        trainer_config=DictConfigWrap(config=config),
        server_manager=server,
        tokenizer=model_config.tokenizer,
        processor=model_config.processor,
        hf_model_type=model_config.hf_config.model_type,
        dataset_cls=get_dataset_class(config.data),
        data_config=DictConfigWrap(config.data),
        tools=ToolListWrap([]),
    )
    return await loop.run({"temperature": config.actor_rollout_ref.rollout.temperature}, **row)


async def rate(manager, row, output):
    """The reward that verl's manager has the exported function give."""
    responses = torch.tensor([output.response_ids])
    data = DataProto.from_dict(
        tensors={"responses": responses, "attention_mask": torch.ones_like(responses)},
        non_tensors={
            **{key: np.array([row[key]], dtype=object) for key in ("data_source", "reward_model", "extra_info")},
            "tool_extra_fields": np.array([output.extra_fields], dtype=object),
        },
    )
    return (await manager.run_single(data))["reward_score"]


def update(config, actor_config, model, optimizer, outputs, scores):
    """One update by verl's advantages, loss and optimizer; gives advantages, gradient and the mean probability of <pad>."""
    width, prompt_width, pad = config.data.max_response_length, config.data.max_prompt_length, model.config.pad_token_id
    group = config.actor_rollout_ref.rollout.n
    prompts = torch.tensor([[pad] * (prompt_width - len(o.prompt_ids)) + o.prompt_ids for o in outputs])
    responses = torch.tensor([o.response_ids + [pad] * (width - len(o.response_ids)) for o in outputs])
    mask = torch.tensor([o.response_mask + [0] * (width - len(o.response_mask)) for o in outputs])
    prompt_mask = torch.tensor([[0] * (prompt_width - len(o.prompt_ids)) + [1] * len(o.prompt_ids) for o in outputs])
    rewards = torch.zeros(mask.shape)
    rewards[torch.arange(len(outputs)), mask.sum(1) - 1] = torch.tensor(scores)
    advantages, _ = compute_grpo_outcome_advantage(
        rewards,
        mask,
        np.repeat(np.arange(len(outputs) // group), group),
        norm_adv_by_std_in_grpo=config.algorithm.norm_adv_by_std_in_grpo,
    )
    attention_mask = torch.cat([prompt_mask, mask], dim=1)
    position_ids = (attention_mask.cumsum(1) - 1).clamp(min=0)
    tokens = torch.cat([prompts, responses], dim=1)
    logits = model(tokens, attention_mask=attention_mask, position_ids=position_ids).logits
    logits = logits[:, prompt_width - 1 : -1] / config.actor_rollout_ref.rollout.temperature
    log_prob = logprobs_from_logits(logits, responses)
    actor_config.global_batch_info["loss_scale_factor"] = actor_config.loss_scale_factor
    loss, _ = get_policy_loss_fn(actor_config.policy_loss.loss_mode)(
        old_log_prob=log_prob.detach(),
        log_prob=log_prob,
        advantages=advantages,
        response_mask=mask.bool(),
        loss_agg_mode=actor_config.loss_agg_mode,
        config=actor_config,
    )
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), actor_config.grad_clip)
    gradient = {name: p.grad.clone() for name, p in model.named_parameters()}
    optimizer.step()
    return advantages[:, 0], gradient, ((logits.softmax(-1)[..., pad] * mask).sum() / mask.sum()).item()


async def main():
    with initialize_config_dir(str(HERE), version_base=None):
        config = compose("config")
    validate_config(config, need_reference_policy(config), need_critic(config))
    model_config = omega_conf_to_dataclass(config.actor_rollout_ref.model)
    actor_config = omega_conf_to_dataclass(config.actor_rollout_ref.actor)
    tokenizer = model_config.tokenizer
    dataset = create_rl_dataset(config.data.train_files, config.data, tokenizer, model_config.processor)
    loader = StatefulDataLoader(
        dataset,
        batch_size=config.data.train_batch_size,
        sampler=create_rl_sampler(config.data, dataset),
        collate_fn=collate_fn,
        drop_last=True,
    )
    caps = [int(line.split(",")[1]) for line in (HERE / "schedule.csv").read_text().splitlines()[1:]]
    batches = list(loader)
    loaded_caps = [[info["cap"] for info in batch["extra_info"]] for batch in batches]
    assert len(batches) == len(caps), f"{len(batches)} batches for {len(caps)} steps"

    model = AutoModelForCausalLM.from_pretrained(
        model_config.local_path,
        dtype=torch.float32,
        config=model_config.hf_config,
        attn_implementation=config.actor_rollout_ref.model.override_config.attn_implementation,
    )
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = build_optimizer(model.parameters(), actor_config.optim)
    manager = load_reward_manager(config, tokenizer)
    found = {"prompts": True, "limits": True, "responses": True, "rewards": 0.0, "advantages": 0.0, "pad": 0.0}
    first = None
    for cap, batch, rollouts in zip(caps, batches, ROLLOUTS, strict=True):
        count = len(batch["raw_prompt"])
        rows = [{key: batch[key][i] for key in batch if key != "dummy_tensor"} for i in range(count)]
        rows = [row for row in rows for _ in range(config.actor_rollout_ref.rollout.n)]
        server = Server(rollouts)
        outputs = [await respond(config, model_config, row, server) for row in rows]
        scores = [await rate(manager, row, output) for row, output in zip(rows, outputs)]
        advantages, gradient, pad = update(config, actor_config, model, optimizer, outputs, scores)
        first = first or gradient

        said = [" ".join(tokenizer.convert_ids_to_tokens(ids)) for ids, _ in server.asked]
        found["prompts"] &= said == [row["extra_info"]["prompt"] for row in rows]
        found["limits"] &= all(params["max_tokens"] == cap for _, params in server.asked)
        found["responses"] &= [o.response_ids for o in outputs] == [r["tokens"] for r in rollouts]
        found["rewards"] = max(found["rewards"], *(abs(s - r["reward"]) for s, r in zip(scores, rollouts)))
        ours = torch.tensor([r["advantage"] for r in rollouts])
        found["advantages"] = max(found["advantages"], (ours - advantages).abs().max().item())
        found["pad"] = max(found["pad"], pad)

    ours, ours_after = load_file(HERE / "gradient.safetensors"), load_file(HERE / "after.safetensors")
    names, after = list(ours), dict(model.named_parameters())
    found["gradient"] = relative([ours[n] for n in names], [first[n] for n in names])
    changes = [[weights[n].detach() - before[n] for n in names] for weights in (ours_after, after)]
    # verl's softmax counts <pad>, so Adam moves its embedding, which bellows never touches and nothing reads.
    for side in changes:
        side[names.index("model.embed_tokens.weight")][tokenizer.pad_token_id] = 0
    found["update"] = relative(*changes)
    found["schedule"] = loaded_caps == [[cap] * config.data.train_batch_size for cap in caps]
    print(json.dumps(found))


os.environ.setdefault("EXPORT", str(HERE))
asyncio.run(main())
