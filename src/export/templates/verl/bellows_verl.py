"""What verl takes of this run beside its configuration: the length schedule and the reward."""

from verl.experimental.agent_loop.single_turn_agent_loop import SingleTurnAgentLoop

from reward import score
from verifier import END


class CappedAgentLoop(SingleTurnAgentLoop):
    """One response to a prompt, of at most as many tokens as the prompt's row says.

    Rows lie in the order of steps, so each knows its cap, and the schedule needs no state. verl's `response_length`
    stays the largest cap: it is the width of its tensors.
    """

    async def run(self, sampling_params, **kwargs):
        limits = {
            "max_tokens": int(kwargs["extra_info"]["cap"]),
            "logit_bias": {self.tokenizer.pad_token_id: -100.0},  # bellows never says <pad>
        }
        output = await super().run({**sampling_params, **limits}, **kwargs)
        # The text that verl hands to the reward is without <eos>.
        output.extra_fields["ended"] = output.response_ids[-1:] == [self.tokenizer.eos_token_id]
        return output


def compute_score(data_source, solution_str, ground_truth, extra_info, overlong_buffer=0):
    """The reward of a response: verl's `custom_reward_function`."""
    words = solution_str.split() + ([END] if extra_info["ended"] else [])
    return score(extra_info["prompt"], ground_truth, words, extra_info["cap"], overlong_buffer)
