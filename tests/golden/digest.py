"""Print one hash over every frozen judgement, by interpreter and by compiled code.

`python -m tests.golden.digest [reversed]` is run in other environments; with `reversed` the mappings of the
contracts and of the facts arrive in the opposite order, which must not matter either.
"""

import sys

from dsl.interpret import judge as interpret
from dsl.judgement import Judgement
from dsl.scalar.judge import Judge
from tests.golden.case_files import case_files, digest, read_cases


def judgements(is_reversed: bool = False) -> list[Judgement]:
    """Return the judgement of every frozen case, interpreted then compiled, in order of file and case."""
    out: list[Judgement] = []
    for path in case_files():
        judges: dict[str, Judge] = {}
        for case in read_cases(path, is_reversed):
            day = case.program.law_date.isoformat()
            if day not in judges:
                judges[day] = Judge(case.program)
            out += [interpret(case.program, case.snapshot), judges[day].judge(case.snapshot)]
    return out


if __name__ == "__main__":
    print(digest(judgements("reversed" in sys.argv[1:])))
