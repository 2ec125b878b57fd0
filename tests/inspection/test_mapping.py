"""The map of a file: who is near stays near, the same each time, kept with the run."""

import numpy as np
import pytest

from attnviz.errors import TextError
from attnviz.evidence.similar import Map2D
from attnviz.inspection.mapping import load_map, map_of, save_map
from attnviz.inspection.scoring import score_run
from attnviz.runs import files
from tests.scored_runs import make_run, random_rows


@pytest.fixture(scope="module")
def made(run):
    return map_of(run)


def test_every_scored_text_has_a_point(run, made):
    assert made.rows.tolist() == list(range(run.about.rows))
    assert (made.method, made.of) == ("t-SNE", run.about.rows)
    assert made.points.shape == (run.about.rows, 2)
    assert np.isfinite(made.points).all()


def test_texts_that_are_near_in_the_network_are_near_on_the_map(run, made):
    from sklearn.manifold import trustworthiness

    contexts = np.stack(run.query("SELECT context FROM texts ORDER BY row")["context"])
    units = contexts / np.linalg.norm(contexts, axis=1, keepdims=True)
    assert trustworthiness(units, made.points, n_neighbors=5) > 0.85
    shuffled = np.random.default_rng(0).permutation(made.points)
    assert trustworthiness(units, shuffled, n_neighbors=5) < 0.65


def test_the_same_run_gives_the_same_map(run, made):
    assert (map_of(run).points == made.points).all()


def test_of_many_texts_a_sample_is_drawn_by_its_seed(run):
    some, same, other = (map_of(run, sample=7, seed=seed).rows.tolist() for seed in (1, 1, 2))
    assert some == same != other
    assert len(set(some)) == 7
    assert some == sorted(some)


def test_few_texts_are_laid_out_by_their_principal_components(run):
    found = map_of(run, sample=5)
    assert found.method == "PCA"
    contexts = np.stack(run.query("SELECT context FROM texts ORDER BY row")["context"])
    units = contexts[found.rows].astype(float)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    centred = units - units.mean(0)
    values = np.linalg.eigvalsh(centred @ centred.T)[::-1]
    np.testing.assert_allclose((found.points**2).sum(0), values[:2], rtol=1e-3)


def test_texts_that_are_all_alike_lie_on_one_point(tmp_path, classifier):
    run = make_run(tmp_path / "run", classifier, [("good", "", "")] * 23)
    score_run(classifier, run)
    found = map_of(run)
    assert found.method == "PCA"
    np.testing.assert_allclose(found.points, 0, atol=1e-5)


def test_a_map_needs_two_texts_that_are_scored(tmp_path, classifier):
    run = make_run(tmp_path / "run", classifier, random_rows(7, classifier.labels))
    with pytest.raises(TextError, match="two texts"):
        map_of(run)


def test_progress_rises_to_the_end_and_may_end_the_work(run):
    seen = []
    map_of(run, sample=5, progress=lambda done, total: seen.append(done / total))
    assert seen == sorted(seen)
    assert seen[-1] == 1
    with pytest.raises(ZeroDivisionError):
        map_of(run, progress=lambda done, total: 1 / 0)


def test_a_map_is_kept_with_the_run(own_run, made):
    assert load_map(own_run) is None
    save_map(own_run, made)
    found = load_map(own_run)
    assert (found.points == made.points).all()
    assert (found.rows == made.rows).all()
    assert (found.method, found.of) == (made.method, made.of)
    (own_run.folder / files.MAP).write_bytes(b"spoilt")
    assert load_map(own_run) is None


def test_a_rectangle_holds_the_texts_inside_it_whichever_way_it_was_drawn():
    found = Map2D(np.array([5, 2, 9]), np.array([[0, 0], [1, 2], [3, 1]]), "PCA", 3)
    assert found.inside((1, 0), (0, 2)).tolist() == [2, 5]
    assert found.inside((0.5, 4), (0.5, 1)).tolist() == [9]
    assert not len(found.inside((4, 5), (0, 2)))
