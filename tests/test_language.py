"""Words that are on the way out become fewer: no file may have more than it has (docs/glossary.md)."""

import pytest

from tests.support.language import ALLOWED, BANNED, CHECKOUT, IN_NAMES, allowed, banned, counted

AGAIN = "python -m tests.support.language"


def test_no_file_has_more_banned_words_than_it_had() -> None:
    may = allowed()
    more = {
        path: f"{found.total()} instead of {may.get(path, 0)}: {dict(found)}"
        for path, found in counted().items()
        if found.total() > may.get(path, 0)
    }
    assert more == {}, "docs/glossary.md has the word to use"


def test_what_has_become_less_stays_less() -> None:
    have = counted()
    fewer = {
        path: f"{have[path].total() if path in have else 0} instead of {number}"
        for path, number in allowed().items()
        if path not in have or have[path].total() < number
    }
    assert fewer == {}, f"well done; write it down with `{AGAIN}`"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("told = 1\nshown_as = told\n", {"told": 2, "shown": 1}),
        ('"""What is shown in the house."""\n', {"house": 1}),
        ("def take_sound(page): ...  # by the door\n", {"sound": 1, "door": 1}),
        ("class OpenHouse: ...\nraise ValueError('torn')\n", {"house": 1, "torn": 1}),
        ("x = f'{y} speaks'\n", {"speaks": 1}),
        ("warehouse = outdoor = lively = abroad = 'households'\n", {}),
        ('"""A package.\n\nModules:\n    desk.py  A desk.\n"""\nlives = 1\n', {"lives": 1}),
    ],
)
def test_the_count(source: str, words: dict[str, int]) -> None:
    assert dict(banned(source)) == words


def test_the_glossary_says_what_to_write_instead() -> None:
    page = (CHECKOUT / "docs" / "glossary.md").read_text("utf-8").partition("## Words on the way out")[2]
    plain = {word.rstrip("s") for word in BANNED} | {word.rstrip("s") for word in IN_NAMES}
    stems = {word.strip("`,:").rstrip("s") for word in page.split()}
    forms = {"silenced", "hushed", "speaking", "calmed", "shelve", "house", "live"}
    assert plain - stems - forms == set()
    assert ALLOWED.is_file()
