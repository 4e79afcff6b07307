"""Which texts are nearly the same: the one implementation for checks, splits and reposts.

Two texts are near-duplicates where the sets of character 5-grams of their cleaned forms have a Jaccard similarity
above a threshold. The search is exact. Sets can only be that similar if they share one of their rarest members, so
each text is compared with those it meets under its rarest 5-grams (prefix filtering; Bayardo, Ma and Srikant 2007,
https://doi.org/10.1145/1242572.1242591).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from evolunteer_nlp.text.cleaning import clean

THRESHOLD = 0.5
_WIDTH = 5


def shingles(text: str) -> frozenset[str]:
    """The character 5-grams of a cleaned text; a shorter text is its own only member."""
    cleaned = clean(text)
    return frozenset(cleaned[at : at + _WIDTH] for at in range(max(1, len(cleaned) - _WIDTH + 1)))


def near_duplicates(texts: Sequence[str], threshold: float = THRESHOLD) -> Iterator[tuple[int, int, float]]:
    """Find all pairs of near-duplicates.

    Parameters
    ----------
    texts : sequence of str
    threshold : float
        Similarity from which a pair counts; above 0 and at most 1.

    Yields
    ------
    (i, j, similarity) : int, int, float
        Places in ``texts``, ``i < j``. Texts without a single token are nobody's duplicates.
    """
    sets = [shingles(text) for text in texts]
    frequency = Counter(shingle for members in sets for shingle in members)
    seen: defaultdict[str, list[int]] = defaultdict(list)
    for j, members in enumerate(sets):
        if members == {""}:
            continue
        rarest = sorted(members, key=lambda shingle: (frequency[shingle], shingle))
        met: set[int] = set()
        for shingle in rarest[: len(members) - math.ceil(threshold * len(members)) + 1]:
            met.update(seen[shingle])
            seen[shingle].append(j)
        for i in sorted(met):
            if threshold <= min(len(sets[i]), len(members)) / max(len(sets[i]), len(members)):
                shared = len(sets[i] & members)
                similarity = shared / (len(sets[i]) + len(members) - shared)
                if similarity >= threshold:
                    yield i, j, similarity


def clusters(n: int, pairs: Iterator[tuple[int, int]]) -> list[int]:
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
