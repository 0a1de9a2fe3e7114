//! What answers for programs look like, as JSON Schema.

use serde_json::{Value, json};

/// All of them, by name.
pub(super) fn all() -> Value {
    let text_or_nothing = json!({"type": ["string", "null"]});
    json!({
        "Rows": {
            "description": "A row an object, its values by the names of the columns; what is not known is null.",
            "type": "array",
            "items": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}},
        },
        "Facts": {
            "type": "object",
            "required": ["commit", "count", "facts", "relations"],
            "properties": {
                "commit": {"type": "integer", "description": "The commit of the store that was looked at."},
                "count": {"type": ["integer", "null"], "description": "How many facts are found; null where they are too many to be counted."},
                "facts": {"type": "array", "items": {"$ref": "#/components/schemas/Fact"}},
                "relations": {"type": "array", "items": {"$ref": "#/components/schemas/Relation"}},
            },
        },
        "Fact": {
            "type": "object",
            "required": ["fact", "subject", "object", "lang", "relation", "relation_name", "page"],
            "properties": {
                "fact": {"type": "string", "description": "Its id in the data."},
                "subject": text_or_nothing,
                "object": text_or_nothing,
                "lang": {"type": ["string", "null"], "description": "The language of both labels, where it is known."},
                "relation": {"type": ["string", "null"], "description": "Its relation's id in the data."},
                "relation_name": text_or_nothing,
                "page": {"type": "string", "description": "The address of its page."},
            },
        },
        "Relation": {
            "type": "object",
            "required": ["relation", "name", "page"],
            "properties": {
                "relation": {"type": "string", "description": "Its id in the data."},
                "name": text_or_nothing,
                "page": {"type": "string"},
            },
        },
        "Neurons": {
            "type": "object",
            "required": ["commit", "run", "statement", "count", "neurons", "notes"],
            "properties": {
                "commit": {"type": "integer", "description": "The commit of the store that was looked at."},
                "run": {"type": "string"},
                "statement": {"type": "string", "description": "What asks for all of them."},
                "count": {"type": "integer", "description": "How many neurons any of the facts uses."},
                "neurons": {"type": "array", "items": {"$ref": "#/components/schemas/Neuron"}},
                "notes": {"type": "array", "items": {"type": "string"}, "description": "What to know beside the numbers."},
            },
        },
        "Neuron": {
            "type": "object",
            "required": ["layer", "neuron", "facts", "page"],
            "properties": {
                "layer": {"type": "integer", "description": "From 0 on."},
                "neuron": {"type": "integer", "description": "Its number in the layer, from 0 on."},
                "facts": {"type": "integer", "description": "How many facts use it."},
                "page": {"type": "string", "description": "The address of its page."},
            },
        },
        "Completion": {
            "type": "object",
            "required": ["typed", "words", "more"],
            "properties": {
                "typed": {"type": "string", "description": "The word at the end of the text, as it is so far."},
                "words": {"type": "array", "items": {"type": "string"}, "description": "What it may become: each takes the place of what is typed."},
                "more": {"type": "boolean", "description": "Whether there are more of them."},
            },
        },
        "Document": {"type": "object", "description": "A document of OpenAPI 3.1.", "required": ["openapi", "info", "paths"]},
        "Problem": {
            "type": "object",
            "required": ["error"],
            "properties": {
                "error": {
                    "type": "object",
                    "required": ["code", "reason", "hint", "statement", "span", "labels"],
                    "properties": {
                        "code": {"type": "string", "description": "One word for programs: syntax, name, kind, missing, writes, address, not-found, too-long, busy, …"},
                        "reason": {"type": "string", "description": "A sentence: what was found, and what was expected."},
                        "hint": {"type": ["string", "null"], "description": "What to do."},
                        "statement": {"type": ["string", "null"], "description": "The statement at fault."},
                        "span": {"oneOf": [{"$ref": "#/components/schemas/Span"}, {"type": "null"}]},
                        "labels": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["span", "text"],
                                "properties": {"span": {"$ref": "#/components/schemas/Span"}, "text": {"type": "string"}},
                            },
                        },
                    },
                },
            },
        },
        "Span": {
            "description": "The bytes of the statement that are meant: from the first to before the second.",
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "integer"}],
            "minItems": 2,
            "maxItems": 2,
        },
    })
}
