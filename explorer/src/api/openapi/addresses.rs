//! Every address of the explorer, described: for the document of the interface, and for the page that people read.

/// An address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address {
    /// As the router has it.
    pub(crate) path: &'static str,
    /// A name for programs: unique.
    pub(crate) name: &'static str,
    /// What is there, in a few words.
    pub(crate) summary: &'static str,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) answer: Answer,
}

impl Address {
    /// Whether a path leads there: `/fact/P36-FR` to `/fact/{id}`.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        let (own, given) = (self.path.split('/'), path.split('/'));
        own.clone().count() == given.clone().count()
            && own.zip(given).all(|(own, given)| own == given || own.starts_with('{'))
    }
}

/// A part of an address that is chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    /// Whether it is a part of the path; the others stand behind `?`.
    pub(crate) in_path: bool,
    pub(crate) required: bool,
    /// Whether it may be given several times.
    pub(crate) several: bool,
    pub(crate) kind: Kind,
    pub(crate) about: &'static str,
}

/// What a parameter can be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Text,
    /// From 0 to below 1.
    Share,
    /// A whole number, and the least that it can be.
    Whole(u64),
    OneOf(&'static [&'static str]),
}

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A page for people.
    Page,
    /// JSON of a schema.
    Json(&'static str),
    /// Rows in the format that was asked for.
    Rows,
    /// A file of the program.
    Asset,
}

const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { name, in_path: false, required: false, several: false, kind, about }
}

const fn required(parameter: Parameter) -> Parameter {
    Parameter { required: true, ..parameter }
}

const fn several(parameter: Parameter) -> Parameter {
    Parameter { several: true, ..parameter }
}

const fn in_path(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, in_path: true, required: true, several: false, kind: Kind::Text, about }
}

const STORE: Parameter =
    optional("store", Kind::Text, "The store, by its name; the first of those shown if not given.");
const RUN: Parameter =
    optional("run", Kind::Text, "The run, by its name; the first that has what is shown if not given.");
const LANG: Parameter = optional("lang", Kind::Text, "A language, by its code.");
const TAU: Parameter = optional(
    "tau",
    Kind::Share,
    "The threshold: a neuron counts if its score is more than this share of the highest of its fact. The run's own if not given.",
);
const SORT: Parameter = optional(
    "sort",
    Kind::Text,
    "The column by which the table is sorted; with - before it downwards. Where a page has several tables: NAME.sort.",
);
const PAGE: Parameter =
    optional("page", Kind::Whole(1), "The page of the table; where there are several tables NAME.page.");
const ROWS: Parameter = optional(
    "rows",
    Kind::Whole(1),
    "Rows of a page of the table, 1,000 at most; where there are several tables NAME.rows.",
);
const RUN_MEANT: Parameter = optional("run", Kind::Text, "The run that is meant where the statement names none.");
const LABELS: Parameter = optional("labels", Kind::Text, "The language of labels.");
const STATEMENT: Parameter =
    optional("q", Kind::Text, "A statement of the query language. Those that would change something are refused.");

/// All of them, in the order in which they are described.
pub(crate) const ALL: &[Address] = &[
    Address {
        path: "/api/query",
        name: "query",
        summary: "The answer of a statement, sent while it is found. Notes stand in the header kndb-notes, behind long answers in a trailer of that name, as a JSON array.",
        parameters: &[
            required(STATEMENT),
            optional(
                "format",
                Kind::OneOf(&["json", "jsonl", "csv", "tsv", "arrow"]),
                "How the rows are written; json if not given. arrow is Arrow's IPC stream.",
            ),
            RUN_MEANT,
            LABELS,
            STORE,
        ],
        answer: Answer::Rows,
    },
    Address {
        path: "/api/facts",
        name: "facts",
        summary: "Facts and relations that a text finds: in labels of all languages, ids, names of relations; the nearest first.",
        parameters: &[
            required(optional("s", Kind::Text, "The text; of several words each is looked for.")),
            optional("limit", Kind::Whole(0), "So many facts at most, 1,000 is the limit; 20 if not given."),
            optional("offset", Kind::Whole(0), "So many facts are passed over."),
            optional("lang", Kind::Text, "The language of labels; that in which each fact was found if not given."),
            STORE,
        ],
        answer: Answer::Json("Facts"),
    },
    Address {
        path: "/api/neurons",
        name: "neurons",
        summary: "The neurons of a run, with how many facts use each, those of the most facts first.",
        parameters: &[
            RUN,
            several(optional(
                "lang",
                Kind::Text,
                "The languages; all of the run if none is given. A fact that uses a neuron in several counts once.",
            )),
            optional("layer", Kind::Whole(0), "Neurons of this layer alone, from 0 on."),
            optional("relation", Kind::Text, "Facts of this relation alone, by its id or its name."),
            TAU,
            optional("limit", Kind::Whole(0), "So many neurons at most, 10,000 is the limit; 100 if not given."),
            optional("offset", Kind::Whole(0), "So many neurons are passed over."),
            STORE,
        ],
        answer: Answer::Json("Neurons"),
    },
    Address {
        path: "/api/complete",
        name: "complete",
        summary: "What may be typed next in a statement.",
        parameters: &[optional("before", Kind::Text, "The statement up to the cursor."), STORE],
        answer: Answer::Json("Completion"),
    },
    Address {
        path: "/api/openapi.json",
        name: "openapi",
        summary: "This description.",
        parameters: &[STORE],
        answer: Answer::Json("Document"),
    },
    Address {
        path: "/",
        name: "home",
        summary: "What the store holds, its runs, questions to begin with.",
        parameters: &[STORE],
        answer: Answer::Page,
    },
    Address {
        path: "/search",
        name: "search",
        summary: "Facts and relations that a text finds.",
        parameters: &[optional("s", Kind::Text, "The text."), PAGE, STORE],
        answer: Answer::Page,
    },
    Address {
        path: "/fact/{id}",
        name: "fact",
        summary: "A fact: its labels, its neurons in each language, what languages share, what was measured, degenerate groups, facts with the same neurons.",
        parameters: &[
            in_path("id", "The fact, by its id in the data."),
            RUN,
            several(optional("lang", Kind::Text, "The languages that are looked at.")),
            TAU,
            SORT,
            PAGE,
            STORE,
        ],
        answer: Answer::Page,
    },
    Address {
        path: "/neuron/{run}/{neuron}",
        name: "neuron",
        summary: "A neuron of a run: the facts that use it, whether these are more than chance gives, neurons of the same facts, other runs.",
        parameters: &[
            in_path("run", "The run, by its name."),
            in_path("neuron", "The layer and the unit: 9:852."),
            LANG,
            TAU,
            SORT,
            PAGE,
            STORE,
        ],
        answer: Answer::Page,
    },
    Address {
        path: "/relation/{id}",
        name: "relation",
        summary: "A relation: its neurons and how many of them chance gives, its languages beside each other, its facts.",
        parameters: &[
            in_path("id", "The relation, by its id or its name."),
            RUN,
            LANG,
            TAU,
            optional("others", Kind::OneOf(&["yes"]), "Compare it with the other relations, however many there are."),
            SORT,
            PAGE,
            ROWS,
            STORE,
        ],
        answer: Answer::Page,
    },
    Address {
        path: "/languages",
        name: "languages",
        summary: "How alike the languages of a run are, each two, with what chance gives; or two of them alone.",
        parameters: &[
            RUN,
            several(optional("lang", Kind::Text, "The languages; those with the most entries if none is given.")),
            optional("a", Kind::Text, "One of two languages."),
            optional("b", Kind::Text, "The other one."),
            optional(
                "show",
                Kind::OneOf(&["relations", "layers", "neurons", "facts"]),
                "What is shown of two languages.",
            ),
            TAU,
            SORT,
            PAGE,
            ROWS,
            STORE,
        ],
        answer: Answer::Page,
    },
    Address {
        path: "/layers",
        name: "layers",
        summary: "Shares of neurons by layer.",
        parameters: &[
            several(RUN),
            optional(
                "kind",
                Kind::OneOf(&["kn", "likn", "dkn"]),
                "Knowledge neurons, language-independent ones, or those of degenerate groups.",
            ),
            several(optional(
                "lang",
                Kind::Text,
                "The languages; all of the runs if none is given, and of very many entries those with the most.",
            )),
            optional("relation", Kind::Text, "Facts of this relation alone, by its id or its name."),
            optional(
                "chance",
                Kind::OneOf(&["yes"]),
                "Compute what chance gives of very many pairs, too: that takes a second.",
            ),
            TAU,
            STORE,
        ],
        answer: Answer::Page,
    },
    Address {
        path: "/runs",
        name: "runs",
        summary: "All runs and how alike those of one model are; one run; or two of them.",
        parameters: &[
            optional("run", Kind::Text, "The run that is shown, by its name; all if not given."),
            optional("a", Kind::Text, "One of two runs."),
            optional("b", Kind::Text, "The other one."),
            optional(
                "show",
                Kind::OneOf(&["made", "neurons", "completeness", "relations", "layers", "facts"]),
                "What is shown: of one run made, neurons or completeness; of two relations, layers, neurons or facts.",
            ),
            several(optional(
                "with",
                Kind::Text,
                "The runs that are compared; the first of each model if none is given.",
            )),
            several(optional(
                "lang",
                Kind::Text,
                "The languages in which they are compared, or that are shown of one; all if none is given, and of very many entries those with the most.",
            )),
            optional("all", Kind::OneOf(&["yes"]), "Look at all entries of one run, however many there are."),
            TAU,
            SORT,
            PAGE,
            ROWS,
            STORE,
        ],
        answer: Answer::Page,
    },
    Address {
        path: "/q",
        name: "ask",
        summary: "An editor of statements, and the answer of one.",
        parameters: &[STATEMENT, RUN_MEANT, LABELS, SORT, PAGE, ROWS, STORE],
        answer: Answer::Page,
    },
    Address {
        path: "/api",
        name: "api",
        summary: "These addresses, for people.",
        parameters: &[STORE],
        answer: Answer::Page,
    },
    Address {
        path: "/assets/{name}",
        name: "asset",
        summary: "What pages load: style.css, explorer.js, icon.svg.",
        parameters: &[
            in_path("name", "The name of the file."),
            optional("v", Kind::Text, "The version of all files: with the right one they may be kept for ever."),
        ],
        answer: Answer::Asset,
    },
];
