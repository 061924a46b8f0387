//! What `explain --json` writes has the form of docs/explain.schema.json, for the recordings and logs of the corpus.
#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test; a panic is its failure"
)]

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vgputrace::diagnose::explain;
use vgputrace::discover::events::Discovery;
use vgputrace::discover::{Model, log};
use vgputrace::source::screen;
use vgputrace::trace::Reader;
use vgputrace::view::explain::to_json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The words of JSON Schema that our schema uses, and no other.
fn wrong(schema: &Value, value: &Value, all: &Value, at: &str, out: &mut Vec<String>) {
    let Some(schema) = schema.as_object() else {
        return;
    };
    for (word, rule) in schema {
        let fits = match word.as_str() {
            "$schema" | "title" | "$defs" => true,
            "$ref" => {
                let name = rule
                    .as_str()
                    .and_then(|name| name.strip_prefix("#/$defs/"))
                    .unwrap_or_default();
                wrong(&all["$defs"][name], value, all, at, out);
                true
            }
            "type" => match rule {
                Value::Array(names) => names.iter().any(|name| is(value, name.as_str().unwrap())),
                name => is(value, name.as_str().unwrap()),
            },
            "enum" => rule.as_array().unwrap().contains(value),
            "anyOf" => rule.as_array().unwrap().iter().any(|one| {
                let mut inner = Vec::new();
                wrong(one, value, all, at, &mut inner);
                inner.is_empty()
            }),
            "pattern" => {
                let pattern = regex::Regex::new(rule.as_str().unwrap()).unwrap();
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
            "minimum" => value
                .as_i64()
                .is_none_or(|number| number >= rule.as_i64().unwrap()),
            "required" => rule
                .as_array()
                .unwrap()
                .iter()
                .all(|name| value.get(name.as_str().unwrap()).is_some()),
            "additionalProperties" => {
                let known = schema["properties"].as_object().unwrap();
                value
                    .as_object()
                    .is_none_or(|fields| fields.keys().all(|key| known.contains_key(key)))
            }
            "properties" => {
                for (key, inner) in rule.as_object().unwrap() {
                    if let Some(field) = value.get(key) {
                        wrong(inner, field, all, &format!("{at}/{key}"), out);
                    }
                }
                true
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    wrong(rule, item, all, &format!("{at}/{index}"), out);
                }
                true
            }
            other => panic!("the schema uses {other}, which this check does not know"),
        };
        if !fits {
            out.push(format!("{at}: {word} {rule}, but {value}"));
        }
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}

fn of_trace(path: &Path) -> Model {
    let mut reader = Reader::open(path).unwrap();
    let mut discovery = Discovery::new(reader.header());
    while let Some(item) = reader.next_item().unwrap() {
        discovery.push(&item.event);
    }
    discovery.finish()
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, out);
        } else if path
            .extension()
            .is_some_and(|end| end == "log" || end == "vgt")
        {
            out.push(path);
        }
    }
}

#[test]
fn every_answer_over_the_corpus_has_the_form_of_the_schema() {
    let schema: Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("docs/explain.schema.json")).unwrap(),
    )
    .unwrap();
    let mut all = Vec::new();
    files(&root().join("tests/corpus/logs"), &mut all);
    files(&root().join("tests/corpus/traces"), &mut all);
    assert!(all.len() > 100, "{} files", all.len());
    for path in all {
        let model = if path.extension().is_some_and(|end| end == "vgt") {
            of_trace(&path)
        } else {
            log::read(BufReader::new(File::open(&path).unwrap()), screen::text).unwrap()
        };
        let json = to_json(&explain(&model));
        let value: Value = serde_json::from_str(&json).unwrap();
        let mut found = Vec::new();
        wrong(&schema, &value, &schema, "", &mut found);
        assert!(found.is_empty(), "{}: {found:#?}", path.display());
    }
}

#[test]
fn a_wrong_answer_does_not_pass() {
    let schema: Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("docs/explain.schema.json")).unwrap(),
    )
    .unwrap();
    let mut value: Value = serde_json::from_str(&to_json(&explain(&Model::default()))).unwrap();
    for (key, bad) in [
        ("loss", Value::from(-1)),
        ("ollama", Value::Null),
        ("more", Value::from(1)),
    ] {
        let old = value.get(key).cloned();
        value[key] = bad;
        let mut found = Vec::new();
        wrong(&schema, &value, &schema, "", &mut found);
        assert!(!found.is_empty(), "{key}");
        match old {
            Some(old) => value[key] = old,
            None => drop(value.as_object_mut().unwrap().remove(key)),
        }
    }
}
