"""A network of every order, cell and way of weighing, as changes to the tiny model of conftest."""

NETWORKS = {
    "gru": {"recurrent": "gru"},
    "coupled": {"recurrent": "coupled_lstm", "attention": "scaled_dot"},
    "peephole": {"recurrent": "peephole_lstm", "attention": "general"},
    "one direction": {"bidirectional": False, "num_hidden_layers": 1, "attention": "dot"},
    "cnn": {"order": "cnn", "attention": "max"},
    "lstm": {"order": "lstm", "attention": "last"},
    "lstm-cnn": {"order": "lstm-cnn", "recurrent": "gru", "attention": "mean"},
    "heads": {"attention": "linear", "num_attention_heads": 5},
    "self-attention": {"attention": "multi_head", "num_attention_heads": 2},
    "channels": {"channel_attention": "squeeze_excitation", "attention": "uniform"},
    "everything": {
        "order": "lstm-cnn",
        "attention": "multi_head",
        "num_attention_heads": 3,
        "channel_attention": "squeeze_excitation",
    },
}
