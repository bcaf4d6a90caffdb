"""The verifier of bellows' task chain-arithmetic."""

END = "<eos>"
DIGITS = set("0123456789")


def is_right(prompt: str, answer: str, words: list[str]) -> bool:
    """Whether a response ends in `ans D D <eos>` with the right digits, whatever stands before.

    `words` are those of the response, with `<eos>` as the last one unless it was cut off. `prompt` is not read.
    """
    if "ans" not in words or END not in words or words.index(END) != len(words) - 1:
        return False
    last_ans = len(words) - 1 - words[::-1].index("ans")
    digits = words[last_ans + 1 : -1]
    return len(digits) == 2 and all(digit in DIGITS for digit in digits) and "".join(digits) == answer
