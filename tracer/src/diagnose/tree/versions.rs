//! Symbol versions: a file of the right name that is too old, or of another make.

use super::Scene;
use super::load::is_of_ollama;
use super::words::{at, base, found};
use crate::diagnose::Finding;
use crate::diagnose::old_system::Older;
use crate::event::Text;
use crate::event::library::Closure;

/// Version nodes that the file which answers does not have.
pub(super) fn versions(scene: &Scene<'_>, file: &Text, closure: &Closure) -> Option<Finding> {
    let [object, needed, version] = closure.missing_versions.first()?;
    let resolved = closure.objects.iter().find(|one| one.name == *needed);
    let answers = resolved.and_then(|one| one.file.clone());
    let older = Older {
        needed: needed.as_str(),
        answers: answers.as_ref().map_or("", Text::as_str),
        via: resolved
            .and_then(|one| one.via.as_ref())
            .map_or("", Text::as_str),
        asker: object.as_str(),
        of_ollama: is_of_ollama(scene, object),
    };
    let remedy = older.remedy().unwrap_or_else(|| {
        vec![format!(
            "put a {needed} in front that has the version {version}, or take the one that answers out of the way"
        )]
    });
    let missing = closure
        .missing_versions
        .iter()
        .map(|[_, file, version]| Text::from(format!("{version} of {file}")))
        .collect();
    let mut evidence = vec![at(object, format!("needs version {version} of {needed}"))];
    evidence.extend(
        answers
            .as_ref()
            .map(|path| at(path, format!("answers to {needed}, without it"))),
    );
    Some(Finding {
        missing_object: Some(version.clone()),
        missing,
        evidence,
        remedy,
        ..found(
            "VG322",
            "load",
            format!(
                "{} cannot be loaded: {} needs version {version} of {needed}, and {} does not define it",
                base(file),
                base(object),
                answers
                    .as_ref()
                    .map_or("the file that answers", Text::as_str)
            ),
        )
    })
}
