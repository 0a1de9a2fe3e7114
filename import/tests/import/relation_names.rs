//! Files of names of relations, as `kndb facts --names` takes them.

use kndb_import::facts::read_names;

use crate::folder::Folder;

/// `relation language name`, by relation and language.
fn read(content: &str) -> Vec<String> {
    let folder = Folder::new();
    folder.write("names", content);
    let names = read_names(&folder.path("names")).unwrap_or_else(|error| panic!("{content}: {error}"));
    names.into_iter().map(|row| format!("{} {} {}", row.relation, row.language, row.name)).collect()
}

fn refused(content: &str) -> String {
    let folder = Folder::new();
    folder.write("names", content);
    let said = folder.said(&read_names(&folder.path("names")).expect_err(content));
    said.split("; expected").next().unwrap_or_default().to_owned()
}

#[test]
fn every_form_says_the_same() {
    let expected = ["P19 en place of birth", "P36 en capital", "P36 zh 首都"];
    let forms = [
        "P36\tcapital\nP36\t首都\tzh\nP19\tplace of birth\ten\n",
        "P36,capital\r\nP36,首都,zh\r\n\r\nP19,\"place of birth\",en\r\n",
        "\u{feff}Lang,Label,Relation,type\nen,capital,P36,1-1\nzh,首都,P36,1-1\n,place of birth,P19,N-1\n",
        r#"{"relation": "P36", "name": "capital"}
           {"relation": "P36", "name": "首都", "lang": "zh"}

           {"relation": "P19", "label": "place of birth", "language": "en", "template": "[X] was born in [Y] ."}"#,
        r#"{"P36": {"en": "capital", "zh": "首都"}, "P19": "place of birth"}"#,
    ];
    for form in forms {
        assert_eq!(read(form), expected, "{form}");
    }
}

#[test]
fn one_line_of_json_is_a_line_and_quotation_marks_of_a_table_with_tabs_are_letters() {
    assert_eq!(read(r#"{"relation": "P36", "label": "capital"}"#), ["P36 en capital"]);
    assert_eq!(read("P1\t\"so called\", and more\n"), ["P1 en \"so called\", and more"]);
    assert_eq!(
        read("P1412,\"languages spoken, written or signed\"\n"),
        ["P1412 en languages spoken, written or signed"]
    );
}

#[test]
fn a_first_line_that_names_columns_is_no_name() {
    for first in [
        "property\tlabel",
        "pid\tname",
        "predicate\tname",
        "id\tlabel",
        "Property\tpropertyLabel",
        "property_id\tLabel",
        "rel\trelation_name",
    ] {
        assert_eq!(read(&format!("{first}\nP36\tcapital\n")), ["P36 en capital"], "{first}");
    }
    assert_eq!(
        read("id,relation,label\n17,P36,capital\n"),
        ["P36 en capital"],
        "a relation, and the number of its row"
    );
    assert_eq!(
        refused("thing\tlabel\nP36\tcapital\n"),
        "names, line 1: found a first line `thing, label`, which names columns, but none of them `relation`"
    );
    for first in ["label,code", "Name,id_of_it", "code,label"] {
        let told = refused(&format!("{first}\ncapital,P36\n"));
        assert!(told.contains("which names columns, but none of them `relation`"), "{first}: {told}");
    }
    assert_eq!(
        refused("Bezeichnung,Nummer\ncapital,P36\n"),
        "names, line 2: found the name `P36` of a relation `capital`, which may be the other way round"
    );
    assert_eq!(read("P2561\tname\nP36\tcapital\n"), ["P2561 en name", "P36 en capital"], "Wikidata's own");
}

#[test]
fn addresses_of_wikidata_s_properties_are_their_ids_and_others_are_refused() {
    for address in [
        "http://www.wikidata.org/entity/P36",
        "https://wikidata.org/prop/direct/P36",
        "<http://www.wikidata.org/entity/P36>",
        "https://www.wikidata.org/wiki/Property:P36",
    ] {
        assert_eq!(read(&format!("property,propertyLabel\n{address},capital\n")), ["P36 en capital"], "{address}");
        assert_eq!(read(&format!("{{\"{address}\": \"capital\"}}")), ["P36 en capital"], "{address}");
    }
    for address in [
        "http://dbpedia.org/ontology/capital",
        "http://www.wikidata.org/entity/Q90",
        "ftp://www.wikidata.org/entity/P36",
    ] {
        let told = refused(&format!("{address}\tcapital\n"));
        assert!(told.contains(&format!("the address `{address}` as a relation")), "{told}");
    }
}

#[test]
fn what_is_no_list_of_names_is_told_with_its_line() {
    assert_eq!(refused("P36\tcapital\nP37\n"), "names, line 2: found 1 field");
    assert_eq!(refused("P36\tcapital\n\tempty\n"), "names, line 2: found an empty relation");
    assert_eq!(refused("P36,capital,en,more\n"), "names, line 1: found 4 fields");
    assert_eq!(refused("[\"P36\"]"), "names: found a JSON array");
    assert_eq!(
        refused("{\"relation\": \"P36\"}\n"),
        "names, line 1, column 19: found a line that is no name of a relation (missing field `name` at line 1 column 19)"
    );
    assert!(refused("").starts_with("names is empty: expected"));
}

#[test]
fn two_names_of_one_relation_are_told_and_the_same_name_twice_is_not() {
    assert_eq!(read("P36\tcapital\nP36\tcapital\n"), ["P36 en capital"]);
    assert_eq!(
        refused("P36\tcapital\nP37\tofficial language\nP36\tchief town\n"),
        "names, line 3: found the name \"chief town\" of P36 (en), which line 1 calls \"capital\""
    );
    let twice = refused(r#"{"P36": "capital", "P36": "chief town"}"#);
    assert!(twice.contains("chief town") && twice.contains("capital"), "{twice}");
}

#[test]
fn what_is_said_of_the_language_is_read_in_any_spelling_or_refused() {
    for form in [
        r#"{"relation": "P36", "name": "Hauptstadt", "Lang": "de"}"#,
        r#"{"Relation": "P36", "LABEL": "Hauptstadt", "languages": "de"}"#,
        "relation\tname\tlanguages\nP36\tHauptstadt\tDE\n",
        "predicate_id,label,Lang-Code,locale\nP36,Hauptstadt,de,x\n",
        r#"{"P36": {"DE": "Hauptstadt"}}"#,
    ] {
        assert_eq!(read(form), ["P36 de Hauptstadt"], "{form}");
    }
    for (form, part) in [
        (
            r#"{"relation": "P36", "name": "Hauptstadt", "locale": "de"}"#,
            "the field `locale`, which may be meant as `language`",
        ),
        (r#"{"relation": "P36", "name": "Hauptstadt", "languge": "de"}"#, "the field `languge`"),
        (r#"{"relatoin": "P36", "name": "Hauptstadt"}"#, "the field `relatoin`"),
        (r#"{"relation": "P36", "name": "Hauptstadt", "lang": 7}"#, "`lang` that is no text: 7"),
        (r#"{"relation": "P36", "name": "Hauptstadt", "lang": "de", "language": "fr"}"#, "`de`, and `fr`"),
        (r#"{"relation": "P36", "name": "Hauptstadt", "lang": "German"}"#, "a language of a name: `German`"),
        (r#"{"P36": {"en": "capital", "description": "chief city"}}"#, "a language of a name: `description`"),
        ("P36,capital,the chief city\n", "a language of a name: `the chief city`"),
        ("relation,name,locale\nP36,Hauptstadt,de\n", "the column `locale`"),
        ("relation,lable,lang\nP36,Hauptstadt,de\n", "the column `lable`"),
        ("relation,name,lang,language\nP36,Hauptstadt,de,fr\n", "the column `language`, and another"),
    ] {
        let said = refused(form);
        assert!(said.contains(part), "{form}: {said}");
    }
}
