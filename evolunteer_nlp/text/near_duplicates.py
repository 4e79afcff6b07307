"""Which texts are nearly the same: the one implementation for checks, splits and reposts.

Two texts are near-duplicates where the sets of character 5-grams of their cleaned forms have a Jaccard similarity
above a threshold. The search is exact. Sets can only be that similar if they share one of their rarest members, so
each text is compared with those it meets under its rarest 5-grams (prefix filtering, with a shorter prefix for the
shorter text; Xiao et al. 2008, https://doi.org/10.1145/1367497.1367516).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from evolunteer_nlp.text.cleaning import clean

THRESHOLD = 0.5
_WIDTH = 5


def shingles(text: str) -> frozenset[str]:
    """The character 5-grams of a cleaned text; a shorter text is its own only member."""
    cleaned = clean(text)
    return frozenset(cleaned[at : at + _WIDTH] for at in range(max(1, len(cleaned) - _WIDTH + 1)))


def near_duplicates(texts: Sequence[str], threshold: float = THRESHOLD) -> list[tuple[int, int, float]]:
    """Find all pairs of near-duplicates.

    Parameters
    ----------
    texts : sequence of str
    threshold : float
        Similarity from which a pair counts; above 0 and at most 1.

    Returns
    -------
    list of (i, j, similarity)
        Places in ``texts``, ``i < j``, in order. Texts without a single token are nobody's duplicates.
    """
    sets = [shingles(text) for text in texts]
    frequency = Counter(shingle for members in sets for shingle in members)
    rank = {
        shingle: at for at, (shingle, _) in enumerate(sorted(frequency.items(), key=lambda item: (item[1], item[0])))
    }
    met_under: defaultdict[int, list[int]] = defaultdict(list)
    found = []
    for j in sorted((j for j, members in enumerate(sets) if members != {""}), key=lambda j: (len(sets[j]), j)):
        mine = sets[j]
        size = len(mine)
        rarest = sorted(rank[shingle] for shingle in mine)
        met: set[int] = set()
        for place in rarest[: size - _at_least(threshold * size) + 1]:
            met.update(met_under[place])
        for i in met:
            other = len(sets[i])
            if other >= _at_least(threshold * size):
                shared = len(sets[i] & mine)
                similarity = shared / (other + size - shared)
                if similarity >= threshold:
                    found.append((min(i, j), max(i, j), similarity))
        # later texts are no shorter, which makes a shorter list of rarest members enough
        for place in rarest[: size - _at_least(2 * threshold / (1 + threshold) * size) + 1]:
            met_under[place].append(j)
    return sorted(found)


def _at_least(share: float) -> int:
    return math.ceil(share - 1e-9)  # 0.55 * 100 is a little more than 55


def clusters(n: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """The smallest member of each of ``n`` items' cluster, where ``pairs`` are linked, directly or through others."""
    root = list(range(n))

    def find(item: int) -> int:
        while root[item] != item:
            root[item] = root[root[item]]
            item = root[item]
        return item

    for first, second in pairs:
        a, b = sorted((find(first), find(second)))
        root[b] = a
    return [find(item) for item in range(n)]
