"""The scikit-learn estimator keeps scikit-learn's promises, on texts trivially apart."""

import copy

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import attnviz
from attnviz.classifier import Classifier
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import ConfigurationError, TextError, TrainingError
from attnviz.estimator import AttnvizClassifier
from attnviz.training import Recipe

TINY = {
    "embedding_size": 7,
    "kernel_sizes": [1, 3],
    "filters": 5,
    "hidden_size": 11,
    "attention_size": 3,
    "embedding_dropout": 0.0,
    "head_dropout": 0.0,
    "max_tokens": 13,
    "vocab_size": 300,
    "epochs": 4,
    "batch_size": 4,
    "learning_rate": 0.02,
    "warmup": 0.0,
    "validation_fraction": 0.25,
}
WORDS = ("good wonderful lovely", "bad terrible awful", "dull slow boring")
TEXTS = [
    f"{word} film {'!' * (n % 4)}" for n in range(8) for line in WORDS for word in line.split()
]
CODES = [code for _ in range(8) for code in range(3) for _ in range(3)]


@pytest.fixture(scope="module")
def fitted():
    return AttnvizClassifier(**TINY).fit(TEXTS, CODES)


def test_classes_that_are_trivially_apart_are_told_apart(fitted):
    found = fitted.predict(["a lovely film", "an awful film", "a boring film"])
    assert found.tolist() == [0, 1, 2]
    assert found.dtype == np.asarray(CODES).dtype
    assert fitted.score(TEXTS, CODES) == 1.0
    assert isinstance(fitted.classifier_, Classifier)


def test_probabilities_are_the_classifiers_in_the_order_of_the_classes(fitted):
    texts = ["good", "an awful, awful film", "slow"]
    found = fitted.predict_proba(texts)
    assert found.shape == (3, 3)
    assert found == pytest.approx(fitted.classifier_.predict(texts).probabilities, abs=1e-7)
    assert found.sum(1) == pytest.approx(1, abs=1e-12)
    assert log_loss([0, 1, 2], found) < 0.5


def test_labels_keep_their_type_and_their_order():
    """As names, 10 would come before 9 and -1 last."""
    numbers = np.array([10, -1, 9])[CODES]
    model = AttnvizClassifier(**TINY).fit(np.array(TEXTS), numbers)
    assert model.classes_.tolist() == [-1, 9, 10]
    assert model.classifier_.labels == ("-1", "10", "9")
    found = model.predict(["good", "bad", "dull"])
    assert found.tolist() == [10, -1, 9]
    assert found.dtype == numbers.dtype
    assert model.predict_proba(["good"]).argmax() == 2


def test_names_are_classes_as_they_are():
    names = np.array(["up", "down"], dtype=object)[np.minimum(CODES, 1)]
    model = AttnvizClassifier(**TINY).fit(TEXTS, list(names))
    assert model.classes_.tolist() == ["down", "up"]
    assert model.predict(["good", "bad"]).tolist() == ["up", "down"]
    assert model.class_prior_ == pytest.approx([2 / 3, 1 / 3])


def test_a_text_without_a_token_has_the_probabilities_of_the_classes(fitted):
    assert fitted.predict_proba(["", "good"])[0] == pytest.approx([1 / 3] * 3)
    assert not np.isnan(fitted.predict_proba([" "])).any()


def test_the_same_seed_gives_the_same_model(fitted):
    again = clone(fitted).fit(TEXTS, CODES)
    other = clone(fitted).set_params(random_state=1).fit(TEXTS, CODES)
    assert (again.predict_proba(TEXTS) == fitted.predict_proba(TEXTS)).all()
    assert (other.predict_proba(TEXTS) != fitted.predict_proba(TEXTS)).any()


def test_fitting_says_nothing(capfd):
    AttnvizClassifier(**TINY | {"epochs": 1}).fit(TEXTS, CODES)
    assert capfd.readouterr() == ("", "")


def test_it_can_be_pickled_and_copied(fitted, tmp_path):
    joblib.dump(fitted, tmp_path / "model.joblib")
    for again in (joblib.load(tmp_path / "model.joblib"), copy.deepcopy(fitted)):
        assert again.get_params() == fitted.get_params()
        assert (again.predict_proba(TEXTS) == fitted.predict_proba(TEXTS)).all()


# Parameters.


def test_parameters_are_the_fields_of_network_and_recipe_with_their_defaults():
    found = AttnvizClassifier().get_params()
    recipe = vars(Recipe())
    config = CnnLstmAttentionConfig()
    for name, value in found.items():
        if name not in ("validation_fraction", "random_state"):
            assert value == (recipe[name] if name in recipe else getattr(config, name)), name
    assert {"order", "kernel_sizes", "recurrent", "attention", "epochs", "patience"} <= set(found)
    assert not {"temperature", "pad_token_id", "seed", "teacher_weight"} & set(found)


def test_parameters_can_be_set_cloned_and_shown():
    model = AttnvizClassifier(attention="mean").set_params(hidden_size=5)
    again = clone(model)
    assert again.get_params() == model.get_params()
    assert repr(again) == "AttnvizClassifier(attention='mean', hidden_size=5)"
    assert AttnvizClassifier().kernel_sizes == [1, 3, 5]
    with pytest.raises(ValueError, match="Invalid parameter 'cells'"):
        model.set_params(cells=3)
    with pytest.raises(TypeError, match="no parameter 'cells'"):
        AttnvizClassifier(cells=3)


def test_numbers_of_numpy_are_numbers():
    model = AttnvizClassifier(**TINY | {"hidden_size": np.int64(3), "learning_rate": np.float64(1)})
    model.set_params(epochs=np.int32(1), random_state=np.random.RandomState(0))
    model.fit(TEXTS, CODES)
    assert model.classifier_.network.config.hidden_size == 3


# scikit-learn around it.


def test_cross_validation_scores_each_fold():
    model = AttnvizClassifier(**TINY)
    scores = cross_val_score(model, TEXTS, CODES, cv=2)
    assert scores.shape == (2,)
    assert scores.min() > 0.8


def test_a_grid_search_over_a_field_of_the_network_inside_a_pipeline():
    pipeline = make_pipeline(
        FunctionTransformer(lambda texts: [text.replace("film", "movie") for text in texts]),
        AttnvizClassifier(**TINY | {"epochs": 2}),
    )
    grid = {"attnvizclassifier__attention": ["additive", "max"]}
    search = GridSearchCV(pipeline, grid, cv=2, scoring="neg_log_loss").fit(TEXTS, CODES)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = search.best_estimator_[-1]
    assert best.classifier_.network.config.attention == best.attention
    assert search.predict(["lovely"]).tolist() == [0]


# What cannot be fitted.


def test_an_unfitted_one_predicts_nothing():
    with pytest.raises(NotFittedError):
        AttnvizClassifier().predict(["good"])


@pytest.mark.parametrize(
    ("texts", "labels", "error", "match"),
    [
        ("good", [1], TextError, "list of texts"),
        (["good", float("nan")], [0, 1], TextError, "Text 1 is nan, of type float"),
        ([["good"], ["bad"]], [0, 1], TextError, "Text 0 .*one column"),
        (["good", "bad"], [0], TrainingError, "Texts: 2, labels: 1"),
        (["good", "bad", "awful"], [0, 1, 1], TrainingError, "one text has the label '0'"),
        (["good", "lovely"], [1, 1], TrainingError, "labels in the training files: 1"),
        (["good", "bad"], [0.3, 0.7], ValueError, "continuous"),
        ([], [], TrainingError, "no text"),
    ],
)
def test_what_cannot_be_fitted_is_refused(texts, labels, error, match):
    with pytest.raises(error, match=match):
        AttnvizClassifier(**TINY).fit(texts, labels)


def test_a_validation_fraction_out_of_range_is_refused():
    with pytest.raises(ConfigurationError, match="validation_fraction is 1.5"):
        AttnvizClassifier(**TINY | {"validation_fraction": 1.5}).fit(TEXTS, CODES)


def test_the_package_offers_it_by_name():
    assert attnviz.AttnvizClassifier is AttnvizClassifier
