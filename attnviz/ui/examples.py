"""Texts written for this project, to look at before one types."""

from pathlib import Path

from attnviz.errors import N_

EXAMPLES = {
    N_("Short"): "A warm, funny film with a wonderful cast.",
    N_("Negated"): "It is not a bad film at all, and I never once looked at my watch.",
    N_("Sarcastic"): (
        "Oh great, another two hours of explosions. Just what my tired brain was begging for."
    ),
    N_("Mixed"): (
        "The photography is gorgeous and the lead gives everything she has, but the script is so "
        "lazy that I stopped caring halfway through."
    ),
    N_("Long"): (
        "I went in with low hopes, because the trailer gave away half of the plot and the "
        "director's last film put me to sleep. For the first twenty minutes my fears seemed "
        "right: two brothers argue in a kitchen, a phone rings, nobody picks it up, and the "
        "camera lingers on a kettle as if it held the secret of the universe. Then the sister "
        "arrives, and everything changes. She is loud, rude and impossible to ignore, and the "
        "actress plays her without a trace of vanity. From there on the film becomes a strange "
        "little comedy about people who cannot say what they mean. Not every joke lands. The "
        "subplot about the neighbour's dog goes nowhere, the music is far too sweet, and I could "
        "have done without the slow-motion rain. But the dialogue is sharp, the ending is earned, "
        "and when the phone finally rings again the whole cinema held its breath. It isn't "
        "perfect, and it isn't for everyone. I would still see it again tomorrow, and this time I "
        "would bring my brother."
    ),
}
"""For English sentiment, and for every model that has no examples of its own."""

FITTING = {
    "zh-sentiment": {
        N_("Short"): "房间干净，前台热情，下次还住这里。",
        N_("Negated"): "送得不算慢，味道也没有大家说的那么差，我不后悔点了这家。",
        N_("Sarcastic"): "真行，等了两个小时，汤全洒在袋子里，骑手还祝我用餐愉快。",
        N_("Mixed"): "位置很好，出门就是地铁，可是隔音太差，隔壁打呼噜我听了一整夜，早餐倒是不错。",
    },
    "en-emotion": {
        N_("Short"): "I keep looking at the clock because the test results come tomorrow.",
        N_("Negated"): "I am not angry with her any more, I just feel empty when she calls.",
        N_("Two in one"): (
            "I feel silly for crying at the airport, but I was so proud of him that I could not "
            "stop smiling either."
        ),
    },
    "en-questions": {
        N_("Short"): "Who painted the ceiling of the old town hall?",
        N_("Misleading"): "What is the name of the river that people in Vienna swim in?",
        N_(
            "Two in one"
        ): "How far is it to the nearest star, and what does a light year stand for?",
    },
    "en-intents": {
        N_("Short"): "wake me up at a quarter to six tomorrow",
        N_("Misleading"): "my card is fine, I only want to know how much I still owe on it",
        N_("Two in one"): "before I book the flight to Lisbon, will it rain there on Friday",
    },
    "en-tags": {
        N_("Short"): "Dogs bark at trains.",
        N_("Misleading"): "They can fish, but nobody saw her duck under the table.",
        N_("Names"): "Anna Lindt moved from Oslo to the U.S. and joined Greenfield Bank in May.",
    },
    "zh-names": {
        N_("Short"): "王小明，中国国籍，大学本科学历。",
        N_(
            "Names"
        ): "陈思远先生，汉族，1970年出生，工程师，历任北方机械厂厂长、东海集团有限公司董事。",
    },
    "zh-news": {
        N_("Short"): "主场逆转取胜 老队长替补登场连进两球",
        N_("Misleading"): "昔日游泳冠军转行卖房 首月成交三套学区房",
        N_("Two in one"): "高校开设电竞课程 家长担心孩子只顾打游戏",
    },
}
"""Name of a model's folder → texts in its language and of its kind."""


def examples_for(folder: str) -> dict[str, str]:
    """What the buttons below the text offer: name → text."""
    return FITTING.get(Path(folder).name, EXAMPLES)


def is_example(text: str) -> bool:
    """Whether the text is one of ours, so that nobody loses what they typed."""
    return any(text in texts.values() for texts in (EXAMPLES, *FITTING.values()))
