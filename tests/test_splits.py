import numpy as np

from evolunteer_nlp.corpus.splits import left_out_folds


def test_whole_batches_are_left_out_with_their_near_duplicates():
    names = ["a", "a", "b", "c", "", ""]
    group = np.array([0, 1, 2, 3, 0, 5])  # the first post without a batch is nearly one of batch a
    folds = {tuple(held.tolist()): fitted.tolist() for fitted, held in left_out_folds(names, group, 9)}
    assert folds == {(0, 1): [2, 3, 5], (2,): [0, 1, 3, 4, 5], (3,): [0, 1, 2, 4, 5]}


def test_fewer_folds_leave_out_several_at_a_time():
    names = ["a", "b", "c"]
    held = [held.tolist() for _, held in left_out_folds(names, np.arange(3), 2)]
    assert held == [[0, 2], [1]]
