//! Are the files of the tree whole, readable, and of one release?

use std::collections::{BTreeMap, BTreeSet};

use super::words::{at, base, found, list, shell};
use super::{Check, Scene};
use crate::diagnose::{Certainty, Finding};
use crate::discover::model::Era;
use crate::event::Text;
use crate::event::library::Library;

/// Days between the changes of two files of one release; release archives are packed within one.
const DAYS: i64 = 7;

/// 2023-01-01, before the first release of Ollama: an earlier date is one that a packer made up.
const FIRST: i64 = 1_672_531_200;

/// What is wrong at the top of the tree, and across folders.
pub(super) fn check(scene: &Scene<'_>, check: &mut Check) {
    for file in &scene.ollama.tree.top.files {
        check.general.extend(damaged(scene, file));
    }
    owners(scene, check);
    dates(scene, check);
    bases(scene, check);
    let leftover = scene.era == Era::Runner
        && scene.ollama.llama_server.file.as_ref().is_some_and(|file| {
            file.path
                .as_str()
                .starts_with(scene.ollama.tree.path.as_str())
        });
    if leftover {
        check.warnings.push(mixed(
            scene,
            format!(
                "{} starts runners (Ollama 0.12 to 0.24), and llama-server of 0.30 or later lies in {}: files of two \
                 releases are mixed",
                scene.ollama.program, scene.ollama.tree.path
            ),
        ));
    }
}

/// A file that the loader cannot use, or that Ollama's user may not read.
pub(super) fn damaged(scene: &Scene<'_>, file: &Library) -> Option<Finding> {
    if !base(&file.path).contains(".so") {
        return None;
    }
    if let (None, [target]) = (file.size, &file.links[..]) {
        return Some(Finding {
            missing_object: Some(target.clone()),
            evidence: vec![at(&file.path, format!("link to {target}"))],
            remedy: vec!["install the same release again; unpack it with its links".to_owned()],
            ..found(
                "VG306",
                "load",
                format!("{} is a link to {target}, which is not there", file.path),
            )
        });
    }
    if let Some(problem) = &file.problem {
        // Text for `ld` and folders are no libraries and were never meant to be.
        let harmless = ["a directory", "a linker script, not ELF"].contains(&problem.as_str());
        return (!harmless).then(|| Finding {
            missing_object: Some(file.path.clone()),
            evidence: vec![at(&file.path, describe(file))],
            remedy: vec!["install the same release again; look for a full disk first".to_owned()],
            ..found(
                "VG305",
                "load",
                format!("{} is no library that can be loaded: {problem}", file.path),
            )
        });
    }
    (!scene.may(file.mode, file.owner, 4)).then(|| Finding {
        missing_object: Some(file.path.clone()),
        evidence: vec![at(&file.path, describe(file))],
        remedy: vec![format!("$ sudo chmod a+r {}", shell(file.path.as_str()))],
        ..found(
            "VG307",
            "load",
            format!(
                "the user {} may not read {} by its permission bits",
                scene.user(),
                file.path
            ),
        )
    })
}

/// `1234 bytes, mode 0644, owner 0:0, changed 2025-01-02`.
pub(super) fn describe(file: &Library) -> String {
    let mut parts = Vec::new();
    if let Some(size) = file.size {
        parts.push(format!("{size} bytes"));
    }
    if let Some(mode) = file.mode {
        parts.push(format!("mode {mode:04o}"));
    }
    if let Some([user, group]) = file.owner {
        parts.push(format!("owner {user}:{group}"));
    }
    if let Some(time) = file.mtime {
        parts.push(format!("changed {}", date(time)));
    }
    if let Some(problem) = &file.problem {
        parts.push(problem.as_str().to_owned());
    }
    parts.join(", ")
}

/// The day of a time since 1970, in UTC (Howard Hinnant's civil_from_days).
fn date(seconds: i64) -> String {
    let day = seconds.div_euclid(86_400).clamp(-10_000_000, 10_000_000) + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let in_month = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{in_month:02}")
}

/// ggml's own files; what NVIDIA packs has dates of its own.
fn ggml<'s>(scene: &Scene<'s>) -> impl Iterator<Item = &'s Library> + use<'s> {
    let tree = &scene.ollama.tree;
    std::iter::once(&tree.top)
        .chain(&tree.folders)
        .flat_map(|folder| &folder.files)
        .filter(|file| base(&file.path).starts_with("libggml-"))
}

fn owners(scene: &Scene<'_>, check: &mut Check) {
    let mut of: BTreeMap<[u32; 2], Vec<&Library>> = BTreeMap::new();
    for file in ggml(scene) {
        if let Some(owner) = file.owner {
            of.entry(owner).or_default().push(file);
        }
    }
    let Some((_, few)) = of.iter().min_by_key(|(_, files)| files.len()) else {
        return;
    };
    if of.len() > 1 {
        let sentence = format!(
            "ggml libraries in {} belong to different owners; those of the smaller part: {}",
            scene.ollama.tree.path,
            list(few.iter().map(|file| file.path.as_str()))
        );
        let mut finding = mixed(scene, sentence);
        finding.evidence = few
            .iter()
            .take(4)
            .map(|file| at(&file.path, describe(file)))
            .collect();
        check.warnings.push(finding);
    }
}

fn dates(scene: &Scene<'_>, check: &mut Check) {
    let dated: Vec<(i64, &Library)> = ggml(scene)
        .filter_map(|file| Some((file.mtime.filter(|time| *time >= FIRST)?, file)))
        .collect();
    let first = dated.iter().min_by_key(|(time, _)| *time);
    let last = dated.iter().max_by_key(|(time, _)| *time);
    let (Some((early, old)), Some((late, new))) = (first, last) else {
        return;
    };
    if late.saturating_sub(*early) > DAYS * 86_400 {
        let mut finding = mixed(
            scene,
            format!(
                "ggml libraries in {} were changed days apart: {} on {}, {} on {}",
                scene.ollama.tree.path,
                old.path,
                date(*early),
                new.path,
                date(*late)
            ),
        );
        finding.evidence = vec![at(&old.path, describe(old)), at(&new.path, describe(new))];
        check.warnings.push(finding);
    }
}

/// `libggml-base.so.0.15.0` and `libggml-base.so.0.19.0` side by side.
fn bases(scene: &Scene<'_>, check: &mut Check) {
    let versions: BTreeSet<&Text> = scene
        .ollama
        .tree
        .top
        .files
        .iter()
        .filter(|file| file.links.is_empty() && base(&file.path).starts_with("libggml-base.so."))
        .map(|file| &file.path)
        .collect();
    if versions.len() > 1 {
        let mut finding = mixed(
            scene,
            format!(
                "libggml-base is there in more than one version: {}",
                list(versions.iter().map(|path| path.as_str()))
            ),
        );
        finding.evidence = versions.iter().map(|path| at(path, "there")).collect();
        check.warnings.push(finding);
    }
}

fn mixed(scene: &Scene<'_>, sentence: String) -> Finding {
    Finding {
        certainty: Certainty::Likely,
        remedy: vec![
            "move the library folder away and install one release into a new one".to_owned(),
            format!(
                "$ sudo mv {0} {0}.old",
                shell(scene.ollama.tree.path.as_str().trim_end_matches('/'))
            ),
        ],
        ..found("VG308", "load", sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_771_372_800, "2026-02-18"),
            (-1, "1969-12-31"),
        ] {
            assert_eq!(date(seconds), day);
        }
        date(i64::MAX);
        date(i64::MIN);
    }
}
