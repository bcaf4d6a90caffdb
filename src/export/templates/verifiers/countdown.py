"""The verifier of bellows' task countdown."""

END = "<eos>"
PRECEDENCE = {"+": 1, "-": 1, "*": 2}


def is_right(prompt: str, answer: str, words: list[str]) -> bool:
    """Whether a response ends in `ans expression <eos>`, equal to the target, with just the given numbers.

    `words` are those of the response, with `<eos>` as the last one unless it was cut off. `prompt` is
    `number+ > target`. Any right expression counts, so `answer`, which is one, is not read.
    """
    if "ans" not in words or END not in words or words.index(END) != len(words) - 1:
        return False
    last_ans = len(words) - 1 - words[::-1].index("ans")
    result = evaluate(words[last_ans + 1 : -1])
    if result is None:
        return False
    value, used = result
    given, target = prompt.split(">")
    return value == int(target) and sorted(used) == sorted(int(number) for number in given.split())


def evaluate(words: list[str]) -> tuple[int, list[int]] | None:
    """Value of an infix expression of whole numbers, + - * and parentheses, and the numbers in it; None if it is none.

    Two stacks (Dijkstra's shunting yard), because a model may write any number of parentheses.
    """
    numbers: list[int] = []
    values: list[int] = []
    pending: list[str] = []

    def work_off(precedence: int) -> None:
        """Works off pending operators, back to an open parenthesis, that bind at least as strongly."""
        while pending and pending[-1] != "(" and PRECEDENCE[pending[-1]] >= precedence:
            operator, right, left = pending.pop(), values.pop(), values.pop()
            values.append(left + right if operator == "+" else left - right if operator == "-" else left * right)

    operand_next = True
    for word in words:
        if operand_next:
            if word == "(":
                pending.append(word)
            elif word.isascii() and word.isdigit():
                numbers.append(int(word))
                values.append(int(word))
                operand_next = False
            else:
                return None
        elif word in PRECEDENCE:
            work_off(PRECEDENCE[word])
            pending.append(word)
            operand_next = True
        elif word == ")":
            work_off(0)
            if not pending:
                return None
            pending.pop()
        else:
            return None
    if operand_next:
        return None
    work_off(0)
    return None if pending else (values[0], numbers)
