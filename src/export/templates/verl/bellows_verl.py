"""What verl takes of this run beside its configuration: the length schedule and the reward."""

from verl.experimental.agent_loop.single_turn_agent_loop import SingleTurnAgentLoop

from reward import score


class CappedAgentLoop(SingleTurnAgentLoop):
    """One response to a prompt, of at most as many tokens as the prompt's row says.

    Rows lie in the order of steps, so each knows its cap, and the schedule needs no state. verl's `response_length`
    stays the largest cap: it is the width of its tensors.
    """

    def __init__(self, *args, hf_model_type=None, **kwargs):
        super().__init__(*args, **kwargs)  # as no model that verl knows: for a Qwen it would look for the words of its chats

    async def run(self, sampling_params, **kwargs):
        limits = {
            "max_tokens": int(kwargs["extra_info"]["cap"]),
            "logit_bias": {self.tokenizer.pad_token_id: -100.0},  # bellows never says <pad>
        }
        output = await super().run({**sampling_params, **limits}, **kwargs)
        # verl's own text of a response lacks <eos>, and the spaces where transformers takes the tokenizer for Qwen's.
        output.extra_fields["words"] = " ".join(self.tokenizer.convert_ids_to_tokens(output.response_ids))
        return output


def compute_score(data_source, solution_str, ground_truth, extra_info, overlong_buffer=0):
    """The reward of a response: verl's `custom_reward_function`."""
    return score(extra_info["prompt"], ground_truth, extra_info["words"].split(), extra_info["cap"], overlong_buffer)
