"""What people mean by their words: normalising, slips, look-up by likeness in labelled phrasings.

Pure: the base is handed in as data, nothing is read, and no document is known here.
"""

from language.likeness import Base, Found, Near, Phrase
from language.normalising import fold, words_of
from language.vocabulary import Vocabulary

__all__ = ["Base", "Found", "Near", "Phrase", "Vocabulary", "fold", "words_of"]
