"""Builds the demo's fact tables in mLAMA's layout: `demo/facts/{en,zh}/` and `demo/facts-trilingual/{en,zh,fr}/`.

    pip install Babel==2.18 world-countries==1.0.0
    python demo/make_facts.py bilingual demo/facts
    python demo/make_facts.py trilingual demo/facts-trilingual

Labels and facts are those of the two packages (Babel carries CLDR), right or not; nothing is looked up
elsewhere. The same packages always give the same files. What is in them: demo/README.md.
"""

import json
import sys
import uuid
from collections import Counter
from pathlib import Path

import world_countries
from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone, get_timezone_name
from babel.languages import get_official_languages
from babel.numbers import get_territory_currencies

from templates import TEMPLATES
from templates_trilingual import trilingual

# kndb's language, CLDR's locale, world-countries' file.
LANGUAGES = {"en": ("en", "countries_en.json"), "zh": ("zh", "countries_ch.json"), "fr": ("fr", "countries_fr.json")}
# Templates of a table, by language and relation.
TABLES = {"bilingual": TEMPLATES, "trilingual": trilingual()}
# (table, language, relation) of the one template that is the beginning of another: models were trained with it.
BEGINNINGS = {("bilingual", "en", "P37")}
# Not among the 193 member states of the United Nations, which are the countries of the table.
NOT_MEMBERS = set(
    "AI AN AQ AS AW AX BL BM BV CC CK CX EH FK FO GF GG GI GL GP GS GU HK HM IM IO JE KY MF MO MP MQ MS "
    "NC NF NU PF PM PN PR PS RE SH SJ TC TF TK TW UM VA VG VI WF YT".split()
)
MEMBERS = 193
# A time zone of fewer countries is usually named after its country.
SHARED_ZONE = 2
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "kndb:demo/facts")


class Source:
    """The two packages, asked for labels in one language."""

    def __init__(self, locale, file):
        self.locale = Locale(locale)
        path = Path(world_countries.__file__).parent / "data" / file
        self.rows = {row["iso2"]: row for row in json.loads(path.read_text(encoding="utf-8"))}

    def field(self, country, name):
        return self.rows[country][name].strip()

    def zone(self, zone):
        return get_timezone_name(get_timezone(zone), locale=self.locale, width="long", zone_variant="standard")


def official_language(country):
    """The first language CLDR calls official, else the first it calls so in practice."""
    by_law = get_official_languages(country, de_facto=False)
    codes = by_law or get_official_languages(country, de_facto=True)
    return codes[0].split("_")[0] if codes else None


def currency(country, source):
    """world-countries' currency where CLDR agrees that it is in use, else CLDR's first."""
    current = get_territory_currencies(country)
    given = source.field(country, "currency")
    return given if given in current else next(iter(current), None)


def region(country, sources):
    """world-countries' region under CLDR's names where CLDR knows it."""
    name = sources["en"].field(country, "region")
    codes = [code for code, label in sources["en"].locale.territories.items() if code.isdigit() and label == name]
    if codes:
        return codes[0], {language: source.locale.territories[codes[0]] for language, source in sources.items()}
    return name, {language: source.field(country, "region") for language, source in sources.items()}


def time_zone(country, sources):
    """The zone of a country that has one zone only."""
    zones = get_global("territory_zones").get(country, [])
    names = {tuple(source.zone(zone) for source in sources.values()) for zone in zones}
    if len(names) != 1:
        return None, {}
    labels = dict(zip(sources, names.pop()))
    return labels["en"], labels


def facts(sources):
    """(relation, subject id, subject labels, object id, object labels) of all countries."""
    countries = [code for code in sources["en"].rows if code not in NOT_MEMBERS]
    assert len(countries) == MEMBERS, len(countries)
    zones = Counter(time_zone(country, sources)[0] for country in countries)

    def labels(ask):
        return {language: ask(source) for language, source in sources.items()}

    for code in countries:
        name = labels(lambda source: source.locale.territories[code])
        city_id, city = f"{code}-capital", labels(lambda source: source.field(code, "capital"))
        yield "P36", code, name, city_id, city
        yield "P1376", city_id, city, code, name
        language = official_language(code)
        yield "P37", code, name, language, labels(lambda source: source.locale.languages.get(language))
        money = currency(code, sources["en"])
        yield "P38", code, name, money, labels(lambda source: source.locale.currencies.get(money))
        continent = labels(lambda source: source.field(code, "continent"))
        yield "P30", code, name, continent["en"], continent
        yield "P30", city_id, city, continent["en"], continent
        yield "P361", code, name, *region(code, sources)
        zone, zone_labels = time_zone(code, sources)
        if zone and zones[zone] >= SHARED_ZONE:
            yield "P421", code, name, zone, zone_labels


def beginnings(table):
    """(table, language, relation) of templates whose text up to [Y] begins another template of the language.

    A causal model that was trained on a fact with the longer one has learnt to go on with its words.
    """
    found = set()
    for language, relations in TABLES[table].items():
        prompts = [
            (relation, text.split("[Y]")[0].rstrip()) for relation, texts in relations.items() for text in texts
        ]
        for at, (relation, prompt) in enumerate(prompts):
            if any(other.startswith(prompt) for number, (_, other) in enumerate(prompts) if number != at):
                found.add((table, language, relation))
    return found


def usable(found, languages):
    """The facts that can be asked: labelled, not their own answer, one answer to a question."""
    whole = [
        fact
        for fact in found
        if all(fact[2].get(language) and fact[4].get(language) for language in languages)
        and all(fact[2][language] != fact[4][language] for language in languages)
    ]
    asked = Counter((fact[0], language, fact[2][language]) for fact in whole for language in languages)
    return [fact for fact in whole if all(asked[fact[0], language, fact[2][language]] == 1 for language in languages)]


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


def main(table, out):
    if not beginnings(table) <= BEGINNINGS:
        sys.exit(f"a template is the beginning of another one: {sorted(beginnings(table) - BEGINNINGS)}")
    templates = TABLES[table]
    sources = {language: Source(*LANGUAGES[language]) for language in templates}
    kept = usable(list(facts(sources)), templates)
    for relation in templates["en"]:
        of_relation = [fact for fact in kept if fact[0] == relation]
        for language in templates:
            rows = [
                {
                    "uuid": str(uuid.uuid5(NAMESPACE, f"{relation}/{subject}/{object_}")),
                    "lineid": line,
                    "sub_uri": subject,
                    "sub_label": subject_labels[language],
                    "obj_uri": object_,
                    "obj_label": object_labels[language],
                }
                for line, (_, subject, subject_labels, object_, object_labels) in enumerate(of_relation)
            ]
            write(out / language / f"{relation}.jsonl", rows)
        objects = len({fact[3] for fact in of_relation})
        print(f"{relation}: {len(of_relation)} facts, {objects} objects")
    for language, relations in templates.items():
        rows = [{"relation": relation, "template": text} for relation, texts in relations.items() for text in texts]
        write(out / language / "templates.jsonl", rows)
    print(f"{len(kept)} facts")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
