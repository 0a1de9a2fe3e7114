//! The description of the interface, and whether what is described is there.

use crate::served::{Served, encoded, stores};
use serde_json::Value;

#[test]
fn what_is_described_is_there_and_answers_as_described() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let response = served.get("/api/openapi.json");
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    let document = response.json();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.len() >= 10, "{paths:?}");
    for (path, at) in paths {
        let operation = &at["get"];
        let mut address =
            path.replace("/relation/{id}", "/relation/P36").replace("/assets/{name}", "/assets/style.css");
        address = address.replace("/fact/{id}", "/fact/f-france").replace("/neuron/{run}/{neuron}", "/neuron/ig/1:2");
        assert!(!address.contains('{'), "{address}: a value for this test is missing");
        let parameters = operation["parameters"].as_array().expect("parameters");
        let needed = parameters.iter().filter(|parameter| parameter["required"] == true && parameter["in"] == "query");
        let needed: Vec<String> = needed
            .map(|parameter| format!("{}={}", parameter["name"].as_str().expect("a name"), encoded("kn by layer")))
            .collect();
        let response = served.get(&format!("{address}?{}", needed.join("&")));
        assert_eq!(response.status, 200, "{address}: {}", response.text());
        let kind = response.header("content-type").expect("a type").split(';').next().expect("a word").to_owned();
        assert!(operation["responses"]["200"]["content"][&kind].is_object(), "{address} is {kind}");
        if kind == "application/json" {
            let schema = &operation["responses"]["200"]["content"][&kind]["schema"];
            fits(&document, schema, &response.json(), &address);
        }
    }
}

#[test]
fn what_is_refused_is_told_as_described() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let document = served.get("/api/openapi.json").json();
    for address in [
        "/api/query",
        "/api/facts?s=a&limit=2000",
        "/api/query?q=kn%5Blnag%3Den%5D",
        "/api/query?q=let+a+%3D+kn",
        "/api/complete?store=x",
    ] {
        let response = served.get(address);
        let path = address.split('?').next().expect("a path");
        let told = &document["paths"][path]["get"]["responses"][response.status.to_string()];
        let to = told["$ref"].as_str().unwrap_or_else(|| panic!("{address}: {} is not described", response.status));
        let described = document.pointer(&to[1..]).expect("a description");
        fits(&document, &described["content"]["application/json"]["schema"], &response.json(), address);
    }
}

#[test]
fn people_read_the_same_list() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let page = served.page("/api");
    let document = served.get("/api/openapi.json").json();
    for path in document["paths"].as_object().expect("paths").keys() {
        assert!(page.contains(&format!("<code>{path}</code></h3>")), "{path}: {page}");
    }
    assert!(page.contains("href=\"/api/openapi.json\""), "{page}");
}

/// Whether a value is what a schema says: as much of JSON Schema as the document uses.
fn fits(document: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(to) = schema["$ref"].as_str() {
        return fits(document, document.pointer(&to[1..]).expect("a schema"), value, place);
    }
    if let Some(all) = schema["oneOf"].as_array() {
        let one = if value.is_null() {
            all.iter().find(|one| one["type"] == "null")
        } else {
            all.iter().find(|one| one["type"] != "null")
        };
        return fits(document, one.expect("one of them"), value, place);
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() && !types.contains(&"number") => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(types.contains(&is), "{place}: found {is}, described is {types:?}");
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(value.get(name).is_some(), "{place}: {name} is missing in {value}");
    }
    for (name, part) in value.as_object().into_iter().flatten() {
        let of = [&schema["properties"][name], &schema["additionalProperties"]].into_iter().find(|of| of.is_object());
        let is_described = of.is_some() || schema["properties"].is_null();
        assert!(is_described, "{place}: {name} is not described");
        if let Some(of) = of {
            fits(document, of, part, &format!("{place}.{name}"));
        }
    }
    for (at, part) in value.as_array().into_iter().flatten().enumerate() {
        let of = schema["prefixItems"].get(at).unwrap_or(&schema["items"]);
        fits(document, of, part, &format!("{place}[{at}]"));
    }
}
