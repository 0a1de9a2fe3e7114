//! `/api/openapi.json`: the addresses of the explorer as OpenAPI 3.1 describes them.

pub(crate) mod addresses;
mod schemas;

use serde_json::{Map, Value, json};

use crate::problem::Result;
use crate::view::View;
use addresses::{ALL, Address, Answer, Kind, Parameter};

/// The document; the same for every store.
pub(super) fn answer(_: &View<'_>) -> Result<Value> {
    Ok(document())
}

fn document() -> Value {
    let paths: Map<String, Value> =
        ALL.iter().map(|address| (address.path.to_owned(), json!({"get": operation(address)}))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "kndb explorer",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Stores of kndb, looked at on this machine. Every number is the answer of a statement. Only GET and HEAD are answered, and only \
                where Host names this server. Nothing is changed. ETag and kndb-commit say of which commit an answer is.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": "programs", "description": "Answers for programs"}, {"name": "pages", "description": "Pages for people"}],
        "paths": paths,
        "components": {"schemas": schemas::all(), "responses": responses()},
    })
}

fn operation(address: &Address) -> Value {
    let is_page = matches!(address.answer, Answer::Page | Answer::Asset);
    let is_asset = address.answer == Answer::Asset;
    let mut responses = json!({
        "200": {"description": "The answer.", "content": content(address.answer)},
        "304": {"description": "What If-None-Match names is still the answer."},
    });
    if !is_asset {
        let refused: &[&str] = match address.answer {
            // Statements can be refused in all these ways.
            Answer::Rows => &["400", "403", "404", "422", "500", "503"],
            _ if address.name == "ask" => &["400", "403", "404", "422", "500", "503"],
            _ => &["400", "404", "422", "500", "503"],
        };
        for status in refused {
            let of = if is_page { "PageProblem" } else { "Problem" };
            responses[*status] = json!({"$ref": format!("#/components/responses/{of}")});
        }
    } else {
        responses["404"] = json!({"description": "There is no such file."});
    }
    json!({
        "operationId": address.name,
        "tags": [if is_page { "pages" } else { "programs" }],
        "summary": address.summary,
        "parameters": address.parameters.iter().map(parameter).collect::<Vec<_>>(),
        "responses": responses,
    })
}

fn parameter(parameter: &Parameter) -> Value {
    let one = match parameter.kind {
        Kind::Text => json!({"type": "string"}),
        Kind::Share => json!({"type": "number", "minimum": 0, "exclusiveMaximum": 1}),
        Kind::Whole(least) => json!({"type": "integer", "minimum": least}),
        Kind::OneOf(all) => json!({"type": "string", "enum": all}),
    };
    let schema = if parameter.several { json!({"type": "array", "items": one}) } else { one };
    json!({
        "name": parameter.name,
        "in": if parameter.in_path { "path" } else { "query" },
        "required": parameter.required,
        "description": parameter.about,
        "schema": schema,
    })
}

fn content(answer: Answer) -> Value {
    let text = json!({"schema": {"type": "string"}});
    match answer {
        Answer::Page => json!({"text/html": text}),
        Answer::Json(schema) => {
            json!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{schema}")}}})
        }
        Answer::Rows => json!({
            "application/json": {"schema": {"$ref": "#/components/schemas/Rows"}},
            "application/jsonl": text,
            "text/csv": text,
            "text/tab-separated-values": text,
            "application/vnd.apache.arrow.stream": {"schema": {"type": "string", "format": "binary"}},
            "text/plain": {"schema": {"type": "string", "description": "The tree of `explain`."}},
        }),
        Answer::Asset => json!({"text/css": text, "text/javascript": text, "image/svg+xml": text}),
    }
}

fn responses() -> Value {
    json!({
        "Problem": {
            "description": "What is wrong, and what to do.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
        "PageProblem": {
            "description": "What is wrong, and what to do, as a page.",
            "content": {"text/html": {"schema": {"type": "string"}}},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_address_of_the_router_is_described_and_no_other() {
        let routed = crate::server::routes();
        let routed: BTreeSet<&str> = routed.addresses().iter().copied().collect();
        let described: BTreeSet<&str> = ALL.iter().map(|address| address.path).collect();
        assert_eq!(routed, described, "api/openapi/addresses.rs has to describe what the router has");
        assert_eq!(described.len(), ALL.len(), "an address is described twice");
        let names: BTreeSet<&str> = ALL.iter().map(|address| address.name).collect();
        assert_eq!(names.len(), ALL.len(), "two addresses have one name");
    }

    #[test]
    fn parts_of_paths_are_parameters_and_none_is_named_twice() {
        for address in ALL {
            let parts = address.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
            let in_path =
                address.parameters.iter().filter(|parameter| parameter.in_path).map(|parameter| parameter.name);
            assert!(parts.eq(in_path), "{}", address.path);
            let names: BTreeSet<&str> = address.parameters.iter().map(|parameter| parameter.name).collect();
            assert_eq!(names.len(), address.parameters.len(), "{}", address.path);
        }
    }

    #[test]
    fn every_reference_of_the_document_leads_somewhere() {
        fn check(part: &Value, document: &Value, found: &mut usize) {
            match part {
                Value::Object(all) => {
                    if let Some(Value::String(to)) = all.get("$ref") {
                        let to = to.strip_prefix('#').expect("within the document");
                        assert!(document.pointer(to).is_some(), "{to}");
                        *found += 1;
                    }
                    all.values().for_each(|part| check(part, document, found));
                }
                Value::Array(all) => all.iter().for_each(|part| check(part, document, found)),
                _ => {}
            }
        }
        let (document, mut found) = (document(), 0);
        check(&document, &document, &mut found);
        assert!(found > 10, "{found}");
    }
}
