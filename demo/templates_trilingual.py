"""The templates of the demo's trilingual table: those of `templates.py` with English's P37 mended, and French.

French names come from the sources without their articles, so no template makes one agree: countries and regions are
« nommé », « appelé » or stand behind a colon. In every relation two templates begin with [X], so that a causal
model has met each subject at the beginning of a sentence, whichever of the two a fact holds out: their numbers do not
differ by 3 or 4 (demo/README.md tells which are held out).
"""

from templates import TEMPLATES

# Of the bilingual table, the sixth begins with all of the first but its end (demo/README.md); a causal model that was
# trained on a fact with the sixth alone says `called` where the first asks for the language.
MENDED = {
    "The official language of [X] is called [Y].": "In the country [X], the official language is called [Y].",
}

FRENCH = {
    "P36": [
        "La capitale du pays nommé [X] est [Y].",
        "Le pays nommé [X] a pour capitale [Y].",
        "[X] : la capitale est [Y].",
        "Dans le pays nommé [X], la ville du gouvernement est [Y].",
        "[X], pays dont la capitale est [Y].",
        "Pays : [X]. Capitale : [Y].",
        "Le siège du gouvernement du pays nommé [X] est [Y].",
        "Dans le pays nommé [X], la capitale est [Y].",
    ],
    "P37": [
        "La langue officielle du pays nommé [X] s’appelle [Y].",
        "Le gouvernement du pays nommé [X] s’exprime en [Y].",
        "[X] : la langue officielle est nommée [Y].",
        "Dans le pays nommé [X], on parle officiellement [Y].",
        "[X], pays dont le gouvernement parle [Y].",
        "Pays : [X]. Langue officielle : [Y].",
        "Une langue officielle du pays nommé [X] est appelée [Y].",
        "Dans le pays nommé [X], le gouvernement s’exprime en [Y].",
    ],
    "P38": [
        "La monnaie du pays nommé [X] s’appelle [Y].",
        "Le pays nommé [X] utilise la monnaie appelée [Y].",
        "[X] : la monnaie officielle est nommée [Y].",
        "Dans le pays nommé [X], la monnaie utilisée a pour nom [Y].",
        "[X], pays dont la monnaie s’appelle [Y].",
        "Pays : [X]. Monnaie : [Y].",
        "L’argent utilisé dans le pays nommé [X] est appelé [Y].",
        "La monnaie officielle du pays nommé [X] a pour nom [Y].",
    ],
    "P30": [
        "Le lieu nommé [X] se trouve sur le continent nommé [Y].",
        "Le continent sur lequel se trouve le lieu nommé [X] est appelé [Y].",
        "[X] : le continent est nommé [Y].",
        "Sur une carte des continents, le lieu nommé [X] se trouve en [Y].",
        "[X], lieu situé en [Y].",
        "Lieu : [X]. Continent : [Y].",
        "Le lieu nommé [X] appartient au continent appelé [Y].",
        "Le lieu nommé [X] est situé sur le continent appelé [Y].",
    ],
    "P361": [
        "Le pays nommé [X] fait partie de la région nommée [Y].",
        "La région où se trouve le pays nommé [X] s’appelle [Y].",
        "[X] : la région est nommée [Y].",
        "Sur une carte des régions, celle du pays nommé [X] est appelée [Y].",
        "[X], pays de la région appelée [Y].",
        "Pays : [X]. Région : [Y].",
        "Le pays nommé [X] est situé dans la région appelée [Y].",
        "La région dont fait partie le pays nommé [X] s’appelle [Y].",
    ],
    "P1376": [
        "[X] est la capitale du pays nommé [Y].",
        "La ville nommée [X] est la capitale du pays appelé [Y].",
        "[X] est le siège du gouvernement du pays nommé [Y].",
        "Le pays dont la capitale est [X] s’appelle [Y].",
        "Le gouvernement qui se trouve dans la ville nommée [X] est celui du pays nommé [Y].",
        "Capitale : [X]. Pays : [Y].",
        "La ville nommée [X] sert de capitale au pays nommé [Y].",
        "La ville nommée [X] est le siège du gouvernement du pays appelé [Y].",
    ],
    "P421": [
        "Le fuseau horaire du pays nommé [X] est nommé [Y].",
        "Le pays nommé [X] utilise le fuseau horaire appelé [Y].",
        "[X] : le fuseau horaire est appelé [Y].",
        "Dans le pays nommé [X], l’heure utilisée s’appelle [Y].",
        "[X], pays dont le fuseau horaire s’appelle [Y].",
        "Pays : [X]. Fuseau horaire : [Y].",
        "Les horloges du pays nommé [X] indiquent : [Y].",
        "Le fuseau horaire utilisé dans le pays nommé [X] est appelé [Y].",
    ],
}


def trilingual():
    """Templates by language and relation."""
    english = {
        relation: [MENDED.get(text, text) for text in texts] for relation, texts in TEMPLATES["en"].items()
    }
    return {"en": english, "zh": TEMPLATES["zh"], "fr": FRENCH}
