"""Classes of the models that come with attnviz, which pages name in their own language."""

from attnviz.errors import N_

SHIPPED_LABELS = {
    *(N_("negative"), N_("positive")),
    *(N_("anger"), N_("fear"), N_("joy"), N_("love"), N_("sadness"), N_("surprise")),
    *(N_("ABBR"), N_("DESC"), N_("ENTY"), N_("HUM"), N_("LOC"), N_("NUM")),
    *(N_("education"), N_("entertainment"), N_("finance"), N_("game"), N_("politics")),
    *(N_("normal"), N_("open string"), N_("shorted modules"), N_("partial shading")),
    *(N_("degradation"), N_("line-line")),
    *(N_("zero"), N_("one"), N_("two"), N_("three"), N_("four")),
    *(N_("five"), N_("six"), N_("seven"), N_("eight"), N_("nine")),
    *(N_("realty"), N_("science"), N_("society"), N_("sports"), N_("stocks")),
}
