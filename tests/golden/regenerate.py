"""Write the expected judgements of every frozen case anew: only by hand, and only to be read as a diff.

`python -m tests.golden.regenerate` judges the cases that are there; `--draw N` first draws N bundles of cases.
"""

import argparse
import json

from dsl.interpret import judge
from tests.golden.case_files import FOLDER, canonical, case_files, freeze, read_cases, write_file

DRAWN = 18
FIRST_SEED = 9_100_004


def rewrite() -> int:
    """Judge every case of every file and return how many judgements changed."""
    changed = 0
    for path in case_files():
        body = json.loads(path.read_text(encoding="utf-8"))
        cases = []
        for case in read_cases(path):
            said = canonical(judge(case.program, case.snapshot))
            changed += said != case.expected
            cases.append(freeze(case.program, case.snapshot, said))
        write_file(path, body["name"], "\n".join(body["rules"]), body["schemas"], cases)
    return changed


def draw(count: int) -> None:
    """Write `count` drawn bundles with their cases; two law dates each."""
    from random import Random

    from tests.laws.fuzz_agreement import DAYS, program_of
    from tests.laws.fuzz_rulebook import NAME, draw_bundle
    from tests.laws.fuzz_snapshots import Deck

    for seed in range(FIRST_SEED, FIRST_SEED + count):
        random = Random(seed)
        drawing = draw_bundle(random, rules=5)
        cases = []
        for day in DAYS[:2]:
            program = program_of(drawing, day)
            deck = Deck(program, random)
            for _ in range(DRAWN):
                snapshot = deck.draw()
                cases.append(freeze(program, snapshot, canonical(judge(program, snapshot))))
        write_file(FOLDER / f"drawn_{seed}.json", NAME, drawing.text, drawing.schemas, cases)


def main() -> None:
    """Draw if asked to, then write what is expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draw", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.draw:
        draw(arguments.draw)
    print(f"{rewrite()} judgements changed in {len(case_files())} files; read the diff before it is kept")


if __name__ == "__main__":
    main()
