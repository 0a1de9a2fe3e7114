//! Sessions on a small store, with results and messages in memory.

use super::*;

use super::testing::store_of;
use kndb_storage::{Entry, EntryData, Neuron, RunSpec, Shape};

struct Fixture {
    session: Session,
    folder: tempfile::TempDir,
}

/// What a script wrote, and how it ended.
#[derive(Debug)]
struct Written {
    out: String,
    messages: String,
    flow: Result<Flow>,
}

impl Fixture {
    /// Two facts in two languages, one run of neuron sets.
    fn new() -> Self {
        let (store, folder) = store_of(&[("f1", "France", "Paris"), ("f2", "日本", "東京")]);
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
    let note = "note: run \"first\" is not finished, so facts may be missing: what fills it goes on where it is started again\n";
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
    for (name, ..) in dot_commands() {
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
fn help_quit_and_describe_need_no_dot() {
    let mut fixture = Fixture::new();
    assert!(fixture.script("help").out.contains(".schema"));
    for word in ["quit", "exit;", " QUIT"] {
        assert!(matches!(fixture.script(word).flow, Ok(Flow::Quit)), "{word}");
    }
    let described = fixture.ok(".mode csv\ndescribe kn[lang=zh] by layer;").out;
    assert!(described.starts_with("column,values,example\nlayer,whole number,1\n"), "{described}");
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

#[test]
fn words_of_other_shells_are_answered_with_what_to_do() {
    let mut fixture = Fixture::new();
    fixture.session.on_error = OnError::GoOn;
    let written = fixture.script("use other;");
    assert!(written.messages.contains("`attach 'DB' as name;` one beside it"), "{written:?}");
    assert!(written.messages.contains("expected a set, found `use`"), "{written:?}");
}

#[test]
fn once_takes_the_next_result_and_no_other() {
    let mut fixture = Fixture::new();
    let file = fixture.folder.path().join("once.csv");
    let script =
        format!(".mode csv\n.headers off\n.once {}\nkn[lang=zh] by layer;\nkn[lang=zh] by layer;\n", file.display());
    let written = fixture.ok(&script);
    assert_eq!(written.out.lines().count(), 1, "{}", written.out);
    assert_eq!(std::fs::read_to_string(&file).expect("the file was written"), written.out);
    let listed = fixture.ok(&format!(".once {}\n.schema\n", file.display()));
    assert_eq!(listed.out, "");
    assert!(std::fs::read_to_string(file).expect("the file was written").contains("relation,P36"));
    assert!(fixture.error(".once nowhere/file\n").starts_with("cannot write nowhere/file"));
}

#[test]
fn only_a_terminal_hides_rows() {
    let mut fixture = Fixture::new();
    let statement = ".maxrows 2\nkn[lang=en] by fact, layer;\n";
    let piped = fixture.ok(statement);
    assert_eq!((piped.out.lines().count(), piped.messages.as_str()), (5, ""));
    fixture.session.display.terminal = Some(100);
    let shown = fixture.ok(statement);
    assert_eq!(shown.out.lines().count(), 5, "two of a header, a row, a gap, a row: {}", shown.out);
    assert!(shown.out.contains("…"), "{}", shown.out);
    assert_eq!(shown.messages, "(3 rows, 2 shown; `.maxrows off` shows all)\n");
    let csv = fixture.ok(".mode csv\nkn[lang=en] by fact, layer;");
    assert_eq!(csv.out.lines().count(), 4);
    let file = fixture.folder.path().join("rows");
    fixture.ok(&format!(".mode table\n.once {}\nkn[lang=en] by fact, layer;\n", file.display()));
    assert_eq!(std::fs::read_to_string(file).expect("the file").lines().count(), 5);
}

#[test]
fn lines_of_a_terminal_are_not_passed() {
    let mut fixture = Fixture::new();
    fixture.session.display.terminal = Some(40);
    for mode in ["table", "box"] {
        let shown = fixture.ok(&format!(".mode {mode}\nkn; kn by fact, layer;")).out;
        let widest = shown.lines().map(unicode_width::UnicodeWidthStr::width).max();
        assert!(widest.is_some_and(|widest| widest <= 40), "{shown}");
    }
    let drawn = fixture.ok("kn by fact plot;").out;
    assert!(drawn.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 40), "{drawn}");
    let whole = fixture.ok(".mode table\n.maxwidth off\nkn;").out;
    assert!(whole.lines().any(|line| line.len() > 40), "{whole}");
}

#[test]
fn remarks_beside_bars_are_told_once_and_what_chance_gives_is_one() {
    let mut fixture = Fixture::new();
    let drawn = fixture.ok("likn by layer plot;");
    // The only fact with both languages has no other to be compared with: 2 neurons and 1 of eight, in layers of four.
    let told = "note: 1 of 2 facts have entries in both languages\n\
                note: 1 LIKN pairs of 1 facts; chance gives 0.2 of random sets of the same sizes in each layer; 1 of the facts have no \
                other fact of their relation (1 pairs of LIKN are theirs)\n";
    assert_eq!(drawn.messages, told);
    let rows = fixture.ok("kn[lang in (en, zh)] by layer;").messages;
    assert_eq!(fixture.ok("kn[lang in (en, zh)] by layer plot;").messages, rows);
}

#[test]
fn another_store_takes_the_place_of_this_one() {
    let mut fixture = Fixture::new();
    let other = fixture.folder.path().join("other");
    Store::create(&other).expect("a store");
    let written = fixture.ok(&format!(".run first\n.open {}\n.run\n.mode csv\n.schema\n", other.display()));
    assert_eq!(written.messages, "note: it has no run \"first\", so there is no default run\nno default run\n");
    assert_eq!(written.out, "kind,name,called\n");
    assert!(fixture.error(".open nowhere\n").contains("nowhere"));
    assert_eq!(fixture.ok(".schema").out, "kind,name,called\n", "it is still open");
}

#[test]
fn a_store_is_attached_by_a_statement_or_a_dot_command_until_it_is_detached() {
    let mut fixture = Fixture::new();
    let (other, folder) = store_of(&[("f9", "Peru", "Lima"), ("f2", "日本", "東京")]);
    let run = other.open_run(RunSpec::new("theirs", "toy", Shape::new(2, 4).expect("a shape"))).expect("a run");
    for fact in ["f9", "f2"] {
        let data = EntryData::Neurons(vec![Neuron(5)]);
        run.append(Entry { fact: fact.into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    }
    run.finish().expect("the end");
    let path = folder.path().join("store").display().to_string();
    let asked = fixture.ok(&format!(".mode csv\n.headers off\nattach '{path}' as b;\nfacts of b::kn - facts of kn;\n"));
    assert_eq!(asked.out, "f9,P36,Peru,Lima\n");
    let here = fixture.folder.path().join("store").display().to_string();
    assert_eq!(fixture.ok(".stores\n").out, format!(",{here},2,first\nb,{path},2,theirs\n"));
    assert!(fixture.ok(".show\n").out.contains(&format!("attached: {path} as b\n")));
    assert_eq!(fixture.ok("detach b;\n").out, "");
    assert_eq!(fixture.error("b::kn;"), "no store is attached as \"b\"");
    assert_eq!(fixture.ok(&format!(".attach {path} as c\nkn & c::kn;\n")).out, "f2,P36,日本,東京,1,1\n");
    let opened = fixture.ok(&format!(".open {here}\n"));
    assert_eq!(opened.messages, "note: detached c, which stood beside the store that was open\n");
    assert!(fixture.error("c::kn;").starts_with("no store is attached"));
}

#[test]
fn settings_are_shown_as_they_are() {
    let mut fixture = Fixture::new();
    let shown = fixture.ok(".mode box\n.maxrows 40\n.width 5 0\n.maxwidth 60\n.run first\n.timer on\n.show\n").out;
    for line in ["mode: box", "maxrows: 40", "width: 5 0", "maxwidth: 60", "run: first", "timer: on", "output: stdout"]
    {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
}

#[test]
fn what_the_store_holds_is_described() {
    let mut fixture = Fixture::new();
    let described = fixture.ok(".mode csv\n.describe\n").out;
    for line in ["facts,2", "labels,en 2", "relations,P36 (capital)", "runs,first", "saved sets,"] {
        assert!(described.lines().any(|described| described == line), "{line}: {described}");
    }
    assert!(fixture.error(".describe let a = kn\n").contains("only a question has columns"));
}

#[test]
fn an_interrupt_ends_the_statement_and_the_script_that_it_stands_in() {
    /// Interrupts as soon as something is written.
    struct Impatient(Interrupt, Vec<u8>);

    impl Write for Impatient {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.set();
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut fixture = Fixture::new();
    fixture.session.on_error = OnError::GoOn;
    for mode in [".mode jsonl", ".headers off\n.mode csv", ".mode tsv"] {
        let mut out = Impatient(fixture.session.interrupt(), Vec::new());
        let mut messages = Vec::new();
        let mut streams = Streams { out: &mut out, messages: &mut messages };
        let script = format!("{mode}\nkn[lang=en];\nkn by nothing;\n");
        let flow = fixture.session.script("script", script.as_bytes(), &mut streams);
        assert!(matches!(flow, Err(CliError::Stopped)), "{mode}: {flow:?}");
        assert_eq!(String::from_utf8(out.1).expect("UTF-8").lines().count(), 1, "{mode}");
        assert_eq!(String::from_utf8(messages).expect("UTF-8"), "interrupted: the rows above are not all\n", "{mode}");
    }
    assert_eq!(fixture.ok("kn[lang=en] by layer").flow.expect("it goes on"), Flow::Continue);
}
