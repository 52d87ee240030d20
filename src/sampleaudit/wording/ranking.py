"""What may be said of a ranking: mostly that it cannot be made."""

from __future__ import annotations

from collections.abc import Sequence

from sampleaudit.errors import one_of
from sampleaudit.wording.cells import level_text
from sampleaudit.wording.numbers import number
from sampleaudit.wording.texts import LANGUAGES, Language, group_words, ranking_texts, texts


def groups_named(by: Sequence[str], language: Language) -> str:
    """Return what several values of a column are called: "municipalities", or "groups by" it.

    >>> groups_named(["district"], "en"), groups_named(["team_leader"], "en")
    ('districts', 'groups by team leader')
    >>> groups_named(["district", "placement"], "da")
    'grupper efter district og placement'
    """
    one_of("language", language, LANGUAGES)
    known = group_words(language)
    if len(by) == 1 and by[0].casefold() in known:
        return known[by[0].casefold()]
    text = ranking_texts(language)
    words = [column.replace("_", " ") for column in by]
    columns = f" {text['and']} ".join([", ".join(words[:-1]), words[-1]][len(words) == 1 :])
    return text["groups by"].format(columns=columns)


def ranking_sentence(
    language: Language,
    *,
    indicator: str,
    by: Sequence[str],
    domains: int,
    apart: int,
    fewest: int,
    most: int,
    level: float,
) -> str:
    """Return one sentence on whether any two of the domains can be told apart.

    ``by`` names the columns of the domains; ``apart`` pairs can be told apart, and the sets of
    possible places hold from ``fewest`` to ``most`` of them.

    >>> ranking_sentence("en", indicator="late", by=["district"], domains=10, apart=0, fewest=10,
    ...     most=10, level=0.95)
    'Late: no two of the 10 districts can be told apart (95%); any of them may be in any place
    from 1 to 10.'
    """
    one_of("language", language, LANGUAGES)
    pairs = domains * (domains - 1) // 2
    key = "all" if apart == pairs else "some" if apart else "none"
    if domains == 2:
        key = "two apart" if apart else "two"
    name = texts(language).get(f"name of {indicator}", indicator)
    return ranking_texts(language)[key].format(
        lead=name[:1].upper() + name[1:],
        count=number(domains, language),
        groups=groups_named(by, language),
        apart=number(apart, language),
        pairs=number(pairs, language),
        fewest=number(fewest, language),
        most=number(most, language),
        level=level_text(level, language),
    )
