"""Topics by other names: the long ones of TREC's questions, the Chinese ones of THUCNews."""

from collections.abc import Mapping, Sequence

from attnviz.data.meanings import plain

TREC = {  # Li and Roth 2002
    "Human": "HUM",
    "Location": "LOC",
    "Numeric": "NUM",
    "Number": "NUM",
    "Entity": "ENTY",
    "Description": "DESC",
    "Abbreviation": "ABBR",
}
NEWS = {  # Sun et al. 2016
    **{"体育": "sports", "财经": "finance", "金融": "finance", "房产": "realty"},
    **{"股票": "stocks", "教育": "education", "科技": "science", "社会": "society"},
    **{"政治": "politics", "时政": "politics", "游戏": "game", "娱乐": "entertainment"},
}
GROUPS: tuple[Mapping[str, str], ...] = (TREC, NEWS)


def by_topic(found: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """What each value stands for, for a model that knows all topics of a group, by name or word."""
    names = {plain(label): label for label in known}
    for group in GROUPS:
        if {plain(topic) for topic in group.values()} == set(names):
            names |= {plain(word): names[plain(topic)] for word, topic in group.items()}
            return {raw: names[plain(raw)] for raw in found if plain(raw) in names}
    return {}
