"""Texts written for this project, to look at before one types."""

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
