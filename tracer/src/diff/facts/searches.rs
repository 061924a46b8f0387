//! Where the loader looked for each name, which link it took, and which symbols were not there.

use super::Facts;
use crate::diff::fact::{Absence, Fact, Stage, Value};
use crate::diff::normal;
use crate::discover::model::{Child, Search};
use crate::event::Text;

/// Facts about the searches of one process. They follow from variables, files and folders, and come first only where all of those
/// are the same: another `/etc/ld.so.conf`, say.
pub(super) fn gather(child: &Child, role: &str, dir: &Text, facts: &mut Facts) {
    for search in &child.searches {
        let name = search.name.as_str();
        // Which variants of the CPU backend are tried, and in which order, is the folder's business.
        if name.starts_with("libggml-cpu") {
            continue;
        }
        let of = |value: Value| {
            Fact::new(value)
                .of_dir(dir)
                .derived()
                .where_absent(Absence::SaysNothing)
                .seen(Some(&search.seen))
                .linked([name.to_owned()])
                .stemming_from([name])
        };
        if let Some(value) = way(search) {
            facts.add(Stage::File, role, format!("search for {name}"), of(value));
        }
        if let (Some(link), Some(file)) = (&search.found, &search.file)
            && link != file
        {
            let value = Value::plain(file.as_str());
            facts.add(Stage::File, role, format!("link {link}"), of(value));
        }
    }
    for symbol in &child.missed_symbols {
        let of = symbol.of.as_ref().map(|of| normal::base(of.as_str()));
        let fact = Fact::new(Value::plain("is not there"))
            .of_dir(dir)
            .derived()
            .seen(Some(&symbol.seen))
            .linked([symbol.name.as_str().to_owned()])
            .stemming_from(of);
        let of = of.map_or_else(String::new, |of| format!(" of {of}"));
        let name = format!("symbol {}{of}", symbol.name);
        facts.add(Stage::Load, role, name, fact);
    }
}

/// The folders in the order in which they were tried. `None` for a name with its folder, which leaves nothing to search.
fn way(search: &Search) -> Option<Value> {
    if search.tried.is_empty() {
        return None;
    }
    let mut places: Vec<&str> = search.tried.iter().map(Text::as_str).collect();
    let found = search.found.as_ref().and_then(|path| {
        let (folder, _) = path.as_str().rsplit_once('/')?;
        Some(folder)
    });
    places.extend(found);
    let tried = places.join(", ");
    Some(Value::plain(match found {
        Some(_) => format!("{tried}, where it is"),
        None => format!("{tried}, in vain"),
    }))
}
