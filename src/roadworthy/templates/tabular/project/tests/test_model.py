"""The artifact keeps its word to whoever calls it: run by `roadworthy test`, which brings the fixtures."""

import numpy as np
import pytest


@pytest.fixture
def rows(dataset):
    """Return some flights of the reference dataset."""
    return dataset("reference").iloc[::2000]


def test_a_row_is_answered_alone_as_in_company(model, rows):
    """An answer depends on its row and on no other row of the request."""
    together = model.predict(rows).probability.to_numpy()
    alone = [model.predict(rows.iloc[[line]]).probability.iloc[0] for line in range(len(rows))]

    np.testing.assert_allclose(alone, together, rtol=1e-12)


def test_gaps_and_strangers_are_answered(model, requirements, rows):
    """A missing value or an unknown carrier or airport is no reason to give no answer."""
    for column in requirements["inputs"]["columns"]:
        emptied = rows.assign(**{column: None if rows[column].dtype == object else np.nan})

        assert model.predict(emptied).probability.between(0, 1).all(), column
    assert model.predict(rows.assign(carrier="XX", dest="XXX")).probability.between(0, 1).all()


def test_the_average_stays_near_production(model, production_model, dataset):
    """A new version may order flights anew; if it thinks all flights much later, something else is wrong."""
    flights = dataset("reference").iloc[::20]
    change = model.predict(flights).probability.mean() - production_model.predict(flights).probability.mean()

    assert abs(change) < 0.1
