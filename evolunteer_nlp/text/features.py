"""What of a token the model weighs, as strings, and the 64-bit number each string is looked up by.

A token gives itself and the character n-grams of its word between spaces; a hashtag's word gives those of the word too:

>>> features("دم")
['=دم', ' د', 'دم', 'م ', ' دم', 'دم ', ' دم ']
>>> features("#دم")[:3]
['=#دم', '<hashtag>', '=دم']
>>> features("<phone>")
['=<phone>']

A string ``s`` is looked up by ``sum(ord(s[j]) * MULTIPLIER**(j + 1)) mod 2**64``: a polynomial, so that the numbers of
all n-grams of many words come from a few array operations, in ascending length. Training refuses two features with one
number.
"""

MAX_NGRAM = 5
MAX_WORD = 40
"""Letters of a word that count; longer "words" are noise, and cut."""

HASHTAG = "<hashtag>"
MULTIPLIER = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1
POWERS = tuple(pow(MULTIPLIER, j + 1, 1 << 64) for j in range(MAX_WORD + 8))


def is_word(token: str) -> bool:
    """Say whether a token has letters or digits to take n-grams of: not a placeholder, an emoji or a sign."""
    return token[-1].isalnum()


def bare(token: str) -> str:
    """The word itself, without the mark of a hashtag, cut to `MAX_WORD`."""
    return token.removeprefix("#")[:MAX_WORD]


def features(token: str) -> list[str]:
    """The features of one token, repeated as often as they occur in it."""
    if not is_word(token):
        return ["=" + token]
    word = bare(token)
    marks = ["=#" + word, HASHTAG] if token[0] == "#" else []
    padded = f" {word} "
    ngrams = [padded[i : i + n] for n in range(2, MAX_NGRAM + 1) for i in range(len(padded) - n + 1)]
    return [*marks, "=" + word, *ngrams]


def number(feature: str) -> int:
    """The 64-bit number a feature is looked up by."""
    return sum(ord(char) * power for char, power in zip(feature, POWERS, strict=False)) & MASK


def numbers(token: str) -> list[int]:
    """The numbers of a token's features, in another order: ``map(number, features(token))`` without the strings."""
    if not is_word(token):
        return [number("=" + token)]
    word = bare(token)
    codes = [32, *map(ord, word), 32]
    found = [number("=" + word)]
    if token[0] == "#":
        found += [number("=#" + word), _HASHTAG_NUMBER]
    for start in range(len(codes) - 1):
        total = codes[start] * POWERS[0]
        for power, code in zip(_NGRAM_POWERS, codes[start + 1 : start + MAX_NGRAM], strict=False):
            total += power * code
            found.append(total & MASK)
    return found


_HASHTAG_NUMBER = number(HASHTAG)
_NGRAM_POWERS = POWERS[1:MAX_NGRAM]
