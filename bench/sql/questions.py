"""The six questions as SQL. `{scores}` has run, lang, fact, relation, layer, neuron and share; `{fact}`, `{relation}`, `{layer}`, `{neuron}` are values."""
BY_LAYER = "SELECT layer, count(*) AS pairs, count(DISTINCT fact) AS facts, count(DISTINCT neuron) AS neurons FROM {source} GROUP BY layer ORDER BY layer"
OF = "SELECT fact, layer, neuron FROM {scores} WHERE lang = '%s' AND share > 0.2"
EN, ZH = OF % "en", OF % "zh"
JOINED = "({en}) a %s JOIN ({zh}) b USING (fact, layer, neuron)".replace("{en}", EN).replace("{zh}", ZH)

QUESTIONS = {
    "q1": f"{EN} AND fact = '{{fact}}' INTERSECT {ZH} AND fact = '{{fact}}' ORDER BY layer, neuron",
    "q2": BY_LAYER.replace("{source}", JOINED % "LEFT SEMI"),
    "q3": "SELECT fact FROM {scores} WHERE lang = 'en' AND share > 0.2 AND layer = {layer} AND neuron = {neuron} ORDER BY fact",
    "q4": "SELECT layer, neuron, count(*) AS pairs FROM {scores} WHERE lang = 'en' AND share > 0.2 AND relation = '{relation}'"
    " GROUP BY layer, neuron ORDER BY pairs DESC, layer, neuron LIMIT 20",
    "q5": BY_LAYER.replace("{source}", "{scores} WHERE lang = 'en' AND share > 0.37"),
    "q6": BY_LAYER.replace("{source}", JOINED % "LEFT ANTI"),
}

# The same in kndb's own language.
OWN = {
    "q1": "kn[lang=en, fact={fact}, tau=0.2] & kn[lang=zh, fact={fact}, tau=0.2]",
    "q2": "kn[lang=en, tau=0.2] & kn[lang=zh, tau=0.2] by layer",
    "q3": "facts of (kn[lang=en, tau=0.2] & neurons({layer}:{neuron}))",
    "q4": "kn[lang=en, relation={relation}, tau=0.2] by neuron top 20",
    "q5": "kn[lang=en, tau=0.37] by layer",
    "q6": "kn[lang=en, tau=0.2] - kn[lang=zh, tau=0.2] by layer",
}
