//! Sessions on a small store, with results and messages in memory.

use super::*;

use kndb_storage::{Entry, EntryData, FactBatch, FactRow, Neuron, RunSpec, Shape};

struct Fixture {
    session: Session,
    folder: tempfile::TempDir,
}

/// What a script wrote, and how it ended.
struct Written {
    out: String,
    messages: String,
    flow: Result<Flow>,
}

impl Fixture {
    /// Two facts in two languages, one run of neuron sets.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let mut facts = FactBatch::default();
        for (id, subject, object) in [("f1", "France", "Paris"), ("f2", "日本", "東京")] {
            facts.facts.push(FactRow {
                id: id.into(),
                relation: "P36".into(),
                language: "en".into(),
                subject: subject.into(),
                object: object.into(),
                subject_uri: None,
                object_uri: None,
            });
        }
        store.add_facts(facts).expect("facts are added");
        let shape = Shape::new(2, 4).expect("a shape");
        let run = store.open_run(RunSpec::new("first", "toy", shape)).expect("a run");
        for (fact, language, neurons) in
            [("f1", "en", vec![Neuron(1), Neuron(6)]), ("f1", "zh", vec![Neuron(6)]), ("f2", "en", vec![Neuron(5)])]
        {
            run.append(Entry {
                fact: fact.into(),
                language: language.into(),
                prompt: 0,
                data: EntryData::Neurons(neurons),
            })
            .expect("an entry is added");
        }
        run.finish().expect("the run is complete");
        Self { session: Session::new(store), folder }
    }

    fn script(&mut self, text: &str) -> Written {
        let (mut out, mut messages) = (Vec::new(), Vec::new());
        let mut streams = Streams { out: &mut out, messages: &mut messages };
        let flow = self.session.script("script", text.as_bytes(), &mut streams);
        let text = |bytes| String::from_utf8(bytes).expect("sessions write UTF-8");
        Written { out: text(out), messages: text(messages), flow }
    }

    fn ok(&mut self, text: &str) -> Written {
        let written = self.script(text);
        if let Err(error) = &written.flow {
            panic!("{text}: {error}");
        }
        written
    }

    fn error(&mut self, text: &str) -> String {
        let failed = self.script(text).flow;
        failed.expect_err("the script fails").to_string()
    }
}

#[test]
fn a_byte_order_mark_before_a_dot_command_is_passed_over() {
    let mut fixture = Fixture::new();
    let written = fixture.script("\u{FEFF}.mode csv\n.mode\n");
    assert!(written.flow.is_ok());
    assert_eq!((written.out.as_str(), written.messages.as_str()), ("", "mode: csv\n"));
}

#[test]
fn a_statement_may_span_lines_and_the_end_of_input_ends_it() {
    let mut fixture = Fixture::new();
    let written = fixture.ok(".mode csv\nkn[lang=en]\n  by layer\n");
    assert_eq!(written.out.lines().count(), 3, "{}", written.out);
    assert!(written.out.starts_with("layer,"), "{}", written.out);
    assert_eq!(written.messages, "");
}

#[test]
fn notes_are_told_on_the_message_stream_in_every_mode() {
    let mut fixture = Fixture::new();
    let before = fixture.ok(".mode json\nkn[lang=zh] by layer;");
    assert_eq!(before.messages, "");
    let store = Store::open(fixture.folder.path().join("store")).expect("the store");
    let spec = store.snapshot().expect("reads").run_named("first").expect("the run").spec.clone();
    let entry = |fact: &str| Entry {
        fact: fact.into(),
        language: "fr".into(),
        prompt: 0,
        data: EntryData::Neurons(vec![Neuron(2)]),
    };
    store.open_run(spec).expect("the run").append(entry("f1")).expect("an entry is added");
    let note = "note: run \"first\" is not finished, so facts may be missing: the command that made it goes on\n";
    for mode in ["table", "csv", "json", "jsonl"] {
        let after = fixture.ok(&format!(".mode {mode}\nkn[lang=zh] by layer;"));
        assert_eq!(after.messages, note, "{mode}");
        assert!(mode != "json" || after.out == before.out, "{}", after.out);
    }
    let saved = fixture.ok("let some = kn[lang=fr]; let some = kn[lang=zh];");
    let replaced = "note: @some took the place of the set of that name: 1 pairs, `kn[lang=fr]`\n";
    assert_eq!(saved.messages, format!("{note}{note}{replaced}"));
    let drawn = fixture.ok("kn[lang=zh] by layer plot;");
    assert_eq!(drawn.messages, note);
}

#[test]
fn modes_headers_and_output_are_set_by_dot_commands() {
    let mut fixture = Fixture::new();
    let file = fixture.folder.path().join("out.tsv");
    let script =
        format!(".mode tsv\n.headers off\n.output {}\nkn[lang=zh] by layer;\n.output stdout\n.mode\n", file.display());
    let written = fixture.ok(&script);
    assert_eq!(written.out, "");
    assert_eq!(written.messages, "mode: tsv\n");
    let rows = std::fs::read_to_string(file).expect("the file was written");
    assert!(rows.starts_with("1\t1\t"), "{rows}");
}

#[test]
fn the_timer_speaks_on_the_message_stream_only() {
    let mut fixture = Fixture::new();
    let written = fixture.ok(".timer on\nkn[lang=zh] by layer;\n");
    assert!(written.messages.starts_with("time: "), "{}", written.messages);
    assert!(!written.out.contains("time"), "{}", written.out);
}

#[test]
fn quit_ends_the_script() {
    let mut fixture = Fixture::new();
    let written = fixture.ok(".quit\nnonsense;\n");
    assert!(matches!(written.flow, Ok(Flow::Quit)));
}

#[test]
fn read_runs_a_script_and_its_errors_point_into_it() {
    let mut fixture = Fixture::new();
    let path = fixture.folder.path().join("inner.knq");
    std::fs::write(&path, "-- a comment\nkn[lang=en] by nothing;\n").expect("a script");
    let failed = fixture.script(&format!(".read {}\n", path.display())).flow;
    match failed {
        Err(CliError::Query { statement, .. }) => {
            assert!(statement.origin.ends_with("inner.knq"));
            assert_eq!(statement.lines_before, 1);
        }
        other => panic!("expected an error in the query, found {other:?}"),
    }
    std::fs::write(&path, format!(".read {}\n", path.display())).expect("a script");
    let told = fixture.error(&format!(".read {}\n", path.display()));
    assert!(told.contains("to depth 16 only"), "{told}");
    let told = fixture.error(".read nowhere.knq\n");
    assert!(told.starts_with("cannot read nowhere.knq"), "{told}");
}

#[test]
fn the_default_run_must_exist() {
    let mut fixture = Fixture::new();
    let written = fixture.ok(".run\n.run first\n.run\n.run -\n.run\n");
    let expected = "no default run\ndefault run: first\nno default run\n";
    assert_eq!(written.messages, expected);
    let told = fixture.error(".run second\n");
    assert!(told.contains("\"second\"") && told.contains("\"first\""), "{told}");
}

#[test]
fn runs_and_schema_are_results_in_the_session_s_mode() {
    let mut fixture = Fixture::new();
    let written = fixture.ok(".mode csv\n.schema\n");
    let expected = "kind,name,called\nlanguage,en,\nlanguage,zh,\nrelation,P36,capital\nrun,first,\n";
    assert_eq!(written.out, expected);
    let written = fixture.ok(".mode jsonl\n.runs\n");
    let run: serde_json::Value = serde_json::from_str(&written.out).expect("one object");
    assert_eq!(run["run"], "first");
    assert_eq!(run["entries"], 3);
    assert_eq!(run["languages"], "en, zh");
}

#[test]
fn an_error_stops_a_script_unless_it_is_to_go_on() {
    let mut fixture = Fixture::new();
    let script = ".mode csv\n.nonsense\nkn[lang=zh] by layer;\n";
    let written = fixture.script(script);
    assert!(written.flow.is_err());
    assert_eq!(written.out, "");

    fixture.session.on_error = OnError::GoOn;
    let written = fixture.ok(script);
    assert!(written.messages.contains("there is no dot command .nonsense"));
    assert!(written.out.starts_with("layer,"), "{}", written.out);
    assert_eq!(fixture.session.errors(), 1);
}

#[test]
fn a_talkative_session_counts_rows_and_tells_of_saved_sets() {
    let mut fixture = Fixture::new();
    fixture.session.talkative = true;
    let written = fixture.ok("kn[lang=zh] by layer;\nlet few = kn[lang=zh];\ndrop few;\n");
    let expected = "(1 row)\nsaved @few: 1 members\ndropped @few\n";
    assert_eq!(written.messages, expected);
}

#[test]
fn help_lists_the_commands() {
    let mut fixture = Fixture::new();
    let written = fixture.ok(".help\n");
    for (name, ..) in DOT_COMMANDS {
        assert!(written.out.contains(name), "{name}");
    }
}

#[test]
fn commands_without_their_dot_are_hinted_at() {
    let mut fixture = Fixture::new();
    fixture.session.on_error = OnError::GoOn;
    for (line, hint) in [
        ("runs", "`.runs`"),
        ("RUNS;", "`.runs`"),
        ("mode csv", "`.mode csv`"),
        ("  read script.kndb ;", "`.read script.kndb`"),
        ("help", "`.help`"),
        ("quit", "`.quit`"),
        ("exit", "`.exit`"),
    ] {
        let written = fixture.script(&format!("{line}\nkn[lang=zh] by layer"));
        let expected = format!("hint: commands of the shell begin with a dot: {hint}");
        assert!(written.messages.contains(&expected), "{line}: {}", written.messages);
        assert!(written.out.contains("layer"), "{line}: what follows is a statement of its own");
    }
    // These are mistakes of the language.
    assert!(!fixture.script("run=first").messages.contains("dot"));
}

#[test]
fn help_and_quit_need_no_dot_in_the_shell() {
    let mut fixture = Fixture::new();
    fixture.session.talkative = true;
    assert!(fixture.script("help").out.contains(".schema"));
    for word in ["quit", "exit;", " QUIT"] {
        assert!(matches!(fixture.script(word).flow, Ok(Flow::Quit)), "{word}");
    }
    assert!(fixture.script("runs").flow.is_err());
}

#[test]
fn parameters_are_set_told_and_cleared() {
    let mut fixture = Fixture::new();
    let written = fixture.ok(".mode csv\n.parameter set l en zh\n.parameter set $most 1\n.parameter list\nkn[lang in $l] by layer top $most;\n");
    assert_eq!(
        written.out,
        "$l = (\"en\", \"zh\")\n$most = \"1\"\nlayer,pairs,facts,neurons,share\n1,2,2,2,0.6666666666666666\n"
    );
    assert!(fixture.session.parameters.check_used().is_ok());
    assert_eq!(fixture.error(".parameter clear\nkn[lang=$l]"), "the parameter $l has no value");
    assert_eq!(fixture.error(".parameter set"), ".parameter takes set NAME VALUE, list or clear, not \"set\"");
}
