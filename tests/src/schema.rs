//! Does a JSON value fit a schema? As much of JSON Schema as our own schemas in `docs` use: `type`, `enum`, `properties`,
//! `required`, `additionalProperties: false`, `items`, and `$ref` into `$defs`. Another keyword is an error.

use serde_json::Value;

/// What does not fit, each with the place; empty when all fits.
#[must_use]
pub fn misfits(value: &Value, schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(value, schema, schema, "", &mut found);
    found
}

fn check(value: &Value, schema: &Value, whole: &Value, at: &str, found: &mut Vec<String>) {
    let Some(words) = schema.as_object() else {
        found.push(format!("{at}: no schema"));
        return;
    };
    for (word, rule) in words {
        match word.as_str() {
            "$ref" => {
                let name = rule.as_str().and_then(|name| name.strip_prefix("#/$defs/"));
                match name.and_then(|name| whole["$defs"].get(name)) {
                    Some(target) => check(value, target, whole, at, found),
                    None => found.push(format!("{at}: {rule} is nowhere")),
                }
            }
            "type" => {
                let one = |name: &Value| name.as_str().is_some_and(|name| is(value, name));
                let fits = rule
                    .as_array()
                    .map_or_else(|| one(rule), |all| all.iter().any(one));
                if !fits {
                    found.push(format!("{at}: {value} is no {rule}"));
                }
            }
            "enum" => {
                if !rule.as_array().is_some_and(|all| all.contains(value)) {
                    found.push(format!("{at}: {value} is none of {rule}"));
                }
            }
            "required" => {
                for name in rule.as_array().into_iter().flatten() {
                    if value.is_object() && value.get(name.as_str().unwrap_or_default()).is_none() {
                        found.push(format!("{at}: {name} is missing"));
                    }
                }
            }
            "properties" => {
                for (name, part) in value.as_object().into_iter().flatten() {
                    let place = format!("{at}/{name}");
                    match rule.get(name) {
                        Some(inner) => check(part, inner, whole, &place, found),
                        None if words.get("additionalProperties") == Some(&Value::Bool(false)) => {
                            found.push(format!("{place}: not in the schema"));
                        }
                        None => {}
                    }
                }
            }
            "items" => {
                for (index, part) in value.as_array().into_iter().flatten().enumerate() {
                    check(part, rule, whole, &format!("{at}/{index}"), found);
                }
            }
            "additionalProperties" | "description" | "title" | "$schema" | "$defs" => {}
            other => found.push(format!("{at}: the keyword {other} is not known here")),
        }
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::misfits;

    #[test]
    fn what_does_not_fit_is_named() {
        let schema = json!({
            "type": "object", "required": ["a"], "additionalProperties": false,
            "properties": {"a": {"$ref": "#/$defs/words"}},
            "$defs": {"words": {"type": "array", "items": {"enum": ["x", null]}}}
        });
        assert!(misfits(&json!({"a": ["x", null]}), &schema).is_empty());
        for wrong in [
            json!({}),
            json!({"a": ["y"]}),
            json!({"a": 1}),
            json!({"a": [], "b": 1}),
            json!(1),
        ] {
            assert!(!misfits(&wrong, &schema).is_empty(), "{wrong}");
        }
    }
}
