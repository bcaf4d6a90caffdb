"""What a response earns, as `bellows train` counts it."""

from verifier import END, is_right


def score(prompt: str, answer: str, words: list[str], cap: int, overlong_buffer: int = 0) -> float:
    """1 for a right response of at most `cap` words, else 0; a response that was cut off is wrong.

    With a buffer DAPO's soft punishment (2503.14476, section 3.4) is added: nothing up to `cap - buffer` words, then
    falling in a line to -1 at the cap. `words` has `<eos>` as its last word unless the response was cut off.
    """
    ended = words[-1:] == [END]
    right = ended and len(words) <= cap and is_right(prompt, answer, words)
    if overlong_buffer == 0:
        return float(right)
    return float(right) + max(-1.0, min(0.0, (cap - overlong_buffer - len(words)) / overlong_buffer))
