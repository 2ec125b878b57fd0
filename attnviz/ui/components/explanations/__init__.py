"""Explanations on the Explore page: a module each, with `show(folder, trace, key)`.

`folder` is that of the model that made the trace; `ui.state.loaded_classifier` opens it, once
per process. `key` is the beginning of the keys of all widgets.
"""
