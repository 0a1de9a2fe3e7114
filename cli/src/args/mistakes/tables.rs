//! What is written by habit, and what to write instead.

/// Options of other programs, or of another command of kndb: the command (`""`: any), the options, what to write instead.
pub const OPTIONS: &[(&str, &[&str], &str)] = &[
    (
        "query",
        &["--format", "--output-format"],
        "--mode sets how results are written: table, box, csv, tsv, json, jsonl, markdown or line",
    ),
    (
        "query",
        &["--json", "--csv", "--tsv", "--jsonl", "--markdown", "--table"],
        "results are written so with --mode, as in `-m json`",
    ),
    (
        "query",
        &["--out"],
        "--output FILE writes a .parquet, .arrow or .csv; else results go to standard output, or to `.output FILE` in a script",
    ),
    (
        "query",
        &["--lang", "--langs", "--language"],
        "languages are part of the statement, as in \"kn[lang=en]\"; --labels chooses the language of labels",
    ),
    (
        "query",
        &["--relation", "--relations", "--tau", "--layer", "--layers", "--prompt", "--fact", "--subject", "--where"],
        "conditions are part of the statement, as in \"kn[relation=P36, tau=0.3]\"",
    ),
    ("query", &["--limit", "--top", "-n"], "`top` is part of the statement, as in \"kn by neuron top 10\""),
    (
        "query",
        &["-q", "--query", "--execute", "-e", "--sql"],
        "the statement follows the store, or -c: `kndb query DB \"kn by layer\"`",
    ),
    (
        "import",
        &["--langs", "--language"],
        "one language is given to an import: --lang CODE; files may name more themselves",
    ),
    ("import", &["--shape"], "the shape is given as --layers N --width N"),
    ("import", &["--name"], "the run is named by --run NAME"),
    ("facts", &["--langs", "--language"], "one language is given to files that name none: --lang CODE"),
    ("facts", &["--run"], "facts belong to no run; `kndb import` takes scores, with --run NAME"),
    ("attribute", &["--gpu", "--cuda"], "--device cuda:0, in a build with libtorch"),
    ("attribute", &["--lang", "--language"], "--langs takes one language or several, as in `--langs en,zh`"),
    ("attribute", &["--relation"], "--relations takes one relation or several, as in `--relations P36,P19`"),
    (
        "attribute",
        &["--batch-size", "--batch_size"],
        "--batch N is the number of rows of one pass, --threads N that of passes at a time",
    ),
    ("attribute", &["--name"], "the run is named by --run NAME"),
    ("info", &["--format", "--mode", "-m"], "--json writes it as JSON"),
    ("runs", &["--format", "--mode", "-m"], "--json writes it as JSON"),
    ("runs", &["--run", "--name"], "all runs are listed; `kndb info DB --json` has their parameters"),
    ("drop-run", &["--run", "--name"], "the run's name follows the store: `kndb drop-run DB NAME`"),
    ("drop-run", &["--force", "-f"], "--yes deletes without asking"),
    (
        "drop-facts",
        &["--fact", "--facts"],
        "facts are dropped by relation, with --relation, or those that nobody needs",
    ),
    ("attribute", &["-m", "-M", "--checkpoint", "--model-path"], "the model's folder is given as --model DIR"),
    (
        "attribute",
        &["--resume", "--continue", "--append"],
        "the same command goes on where it was stopped, without an option",
    ),
    (
        "attribute",
        &["--overwrite", "--force", "--replace"],
        "entries that are there are kept; `kndb drop-run DB NAME` drops the run, another --run is one of its own",
    ),
    ("attribute", &["-o", "--output", "--out"], "scores go into the store; `kndb query` writes what is asked for"),
    ("attribute", &["--fact", "--facts", "--subject"], "facts are chosen by --relations, --langs and --limit"),
    ("import", &["--overwrite", "--force"], "--replace replaces facts that are in the run already"),
    ("import", &["--recursive", "-r", "-R"], "folders are read whole, with the folders in them"),
    ("verify", &["--fix"], "--repair drops what is damaged and rebuilds what can be"),
    ("facts", &["--overwrite", "--force", "--replace"], "facts that come again take the place of those that are there"),
    ("facts", &["--recursive", "-r", "-R"], "folders are read whole, with the folders in them"),
    ("probe", &["--lang", "--language"], "--langs takes one language or several, as in `--langs en,zh`"),
    ("probe", &["--subject", "--relation"], "the fact is given as --fact SUBJECT/RELATION, or by its id"),
    ("edit", &["--subject", "--relation"], "the fact is given as --fact SUBJECT/RELATION, or by its id"),
    (
        "edit",
        &["--set", "--suppress", "--enhance", "--rewrite"],
        "what is done is --method, with which neurons --neurons SET",
    ),
    (
        "edit",
        &["--hparams", "--alg", "--alg-name", "--alg_name"],
        "the method is --method, its published numbers are --preset",
    ),
    ("edit", &["--requests", "--request"], "facts are given with --fact and --to, or one a line with --facts"),
    ("edit", &["--covariance", "--cov", "--mom2"], "C is made of --corpus, and kept in or read from --statistics"),
    ("edit", &["--output", "--out", "-o"], "the edited model's folder is given with --save, what differs with --delta"),
    (
        "edit-bench",
        &["--method", "--alg", "--alg-name", "--alg_name"],
        "--methods takes one method or several, as in `--methods rome,memit`",
    ),
    ("edit-bench", &["--hparams"], "the released codes' numbers are --preset, each has an option of its own"),
    (
        "edit-bench",
        &["--fact", "--facts", "--to"],
        "facts are chosen by --relations, --langs and --limit, their new objects drawn by --seed; edits of a file are --requests FILE",
    ),
    (
        "edit-bench",
        &[
            "--request",
            "--dataset",
            "--data",
            "--ds-name",
            "--ds_name",
            "--data-dir",
            "--data_dir",
            "--counterfact",
            "--zsre",
        ],
        "--requests takes a file of CounterFact, ZsRE or KnowEdit, as in `--requests counterfact.json`",
    ),
    (
        "edit-bench",
        &["--sequential", "--num-edits", "--num_edits"],
        "facts in one network are --edits, as in `--edits 1,10,100`",
    ),
    (
        "edit-bench",
        &["--resume", "--continue", "--append"],
        "the same command goes on with its --csv, without an option",
    ),
    (
        "edit-bench",
        &["--covariance", "--cov", "--mom2"],
        "C is made of --corpus, and kept in or read from --statistics",
    ),
    ("trace", &["--lang", "--language"], "--langs takes one language or several, as in `--langs en,zh`"),
    ("trace", &["--relation"], "--relations takes one relation or several, as in `--relations P36,P19`"),
    ("trace", &["--fact", "--facts", "--subject"], "facts are chosen by --relations, --langs and --limit"),
    ("trace", &["--kind"], "what is put back is --restore hidden, feed-forward or attention"),
    ("trace", &["--samples", "--num_samples", "--num-samples"], "draws of the noise are --draws N"),
    (
        "trace",
        &["--noise_level", "--noise-level"],
        "--noise 3 is 3 standard deviations of the embeddings, --noise absolute:0.1 that of the noise",
    ),
    (
        "trace",
        &["-o", "--output", "--out"],
        "effects go into the store; `kndb plot DB heatmap --run RUN -o FILE` draws them",
    ),
    ("dkn", &["--lang", "--language"], "--langs takes one language or several, as in `--langs en,zh`"),
    ("dkn", &["--source", "--of"], "the run to search is given as --from RUN"),
    ("", &["--db", "--store", "--database"], "the store's folder comes without an option, before everything else"),
    ("", &["--verbose", "-v"], "what there is to say is said; --quiet leaves it out where a command has it"),
    ("", &["--no-color", "--no-colour", "--colour"], "--color never, or NO_COLOR=1"),
];

/// Commands of other programs, and what kndb has for them.
pub const COMMANDS: &[(&[&str], &str)] = &[
    (&["delete", "drop", "rm", "remove", "del"], "`kndb drop-run DB NAME` deletes a run, `kndb drop-facts` facts"),
    (&["list", "ls"], "`kndb runs DB` lists runs, `kndb facts DB --list` relations, `kndb info DB` counts all"),
    (
        &["shell", "ask", "console", "repl", "select", "open"],
        "`kndb DB` is the shell, `kndb DB \"kn by layer\"` one statement",
    ),
    #[cfg(not(feature = "sql"))]
    (
        &["sql"],
        "this kndb was built without SQL: the Python package has it, and `cargo install --path cli --features sql` builds it",
    ),
    (&["show", "stats", "describe", "status", "summary"], "`kndb info DB` shows what a store holds"),
    (&["dump"], "`kndb query DB \"kn\" --mode csv > FILE` writes what is asked for"),
    (&["load", "ingest", "add", "insert"], "`kndb facts DB PATH` takes facts, `kndb import DB FILE --run NAME` scores"),
    (&["create", "new", "make"], "`kndb init DB` makes an empty store"),
    (&["compute", "score", "run", "kn", "ig"], "`kndb attribute DB --model DIR` computes scores"),
    (&["check", "fsck", "validate"], "`kndb verify DB` checks a store"),
    (&["draw", "figure", "graph", "chart"], "`kndb plot DB kn -o figure.svg` draws"),
    (
        &["suppress", "enhance"],
        "`kndb probe` changes neurons for one fact, `kndb edit` keeps the edited model, `kndb edit-study` measures many",
    ),
    (
        &["causal-trace", "causal_trace", "tracing", "patch"],
        "`kndb trace DB --model DIR` traces facts: noise on the subject, clean states put back",
    ),
    (
        &["compare", "benchmark", "evaluate"],
        "`kndb arena` sets scorers against each other on the same facts, `kndb edit-bench` ways to edit",
    ),
    (
        &["counterfact", "zsre", "knowedit"],
        "`kndb edit-bench DB --model DIR --requests FILE` measures ways to edit on their files",
    ),
    (&["vacuum", "gc", "optimize"], "`kndb compact DB` merges segments"),
    (&["copy", "cp", "clone"], "`kndb backup DB TO` copies a store, `kndb copy-run DB RUN TO` one run"),
    (&["rename", "mv"], "`kndb rename-run DB OLD NEW` renames a run"),
    (&["repair", "recover"], "`kndb verify DB --repair` drops what is damaged and rebuilds what can be"),
    (&["version"], "`kndb --version`"),
];

/// Options that take several values, in one argument.
pub const LISTS: &[&str] = &["--langs", "--relations", "--layers", "--prompts", "--methods", "--sizes", "--edits"];
