//! Two installations in different folders: what lies at the same place in both is the same place.

use super::facts::Facts;
use crate::discover::Model;

/// Folders that hold more than an Ollama: of these only Ollama's own places are taken out.
const SHARED: [&str; 4] = ["", "/usr", "/usr/local", "/opt"];
/// What stands for the folder.
const SIGN: &str = "PREFIX";

/// The folder that `bin/ollama` and `lib/ollama` lie in.
#[must_use]
pub(super) fn of(model: &Model) -> Option<String> {
    let server = model.server.as_ref()?;
    let of_library = server.library_dir.path.as_str().strip_suffix("/lib/ollama");
    let prefix = of_library.or_else(|| server.exe.as_str().strip_suffix("/bin/ollama"))?;
    Some(prefix.to_owned())
}

/// Takes it out of names and compared values; what is shown stays.
pub(super) fn take_out(facts: &mut Facts, prefix: &str) {
    let places: Vec<String> = if SHARED.contains(&prefix) {
        ["/lib/ollama", "/bin/ollama"]
            .map(|place| format!("{prefix}{place}"))
            .into()
    } else {
        vec![prefix.to_owned()]
    };
    let neutral = |text: &str| {
        places.iter().fold(text.to_owned(), |text, place| {
            let sign = format!("{SIGN}{}", place.strip_prefix(prefix).unwrap_or_default());
            replaced(&text, place, &sign)
        })
    };
    facts.facts = std::mem::take(&mut facts.facts)
        .into_iter()
        .map(|(mut key, mut fact)| {
            let name = neutral(&key.name);
            if name != key.name {
                fact.named = Some(std::mem::replace(&mut key.name, name));
            }
            fact.value.same = neutral(&fact.value.same);
            (key, fact)
        })
        .collect();
}

/// The place where it stands as a whole: `/opt/a` is no part of `/opt/ab`.
fn replaced(text: &str, place: &str, sign: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(place) {
        let (before, found) = rest.split_at(at);
        let after = found.get(place.len()..).unwrap_or_default();
        let part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
        let whole = !after.starts_with(part) && !before.ends_with(part);
        out.push_str(before);
        out.push_str(if whole { sign } else { place });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn a_place_is_replaced_where_it_stands_as_a_whole() {
        let of = |text: &str| replaced(text, "/opt/a", "PREFIX");
        assert_eq!(
            of("/opt/a/lib:/opt/a:/opt/ab/lib"),
            "PREFIX/lib:PREFIX:/opt/ab/lib"
        );
        assert_eq!(of("x/opt/a"), "x/opt/a");
        assert_eq!(of("nothing"), "nothing");
    }
}
