//! Tests of the texts of `explain`.

use super::{changes, headline, page, table, to_json, to_markdown, write};
use crate::diagnose::{
    BackendVerdict, Certainty, Explanation, Finding, SEARCH_CUT, Verdict, rules,
};
use crate::discover::Model;
use crate::discover::model::{Evidence, Folder, Line, Origin, Server};
use crate::event::{Seq, Text};
use crate::view::{Looks, escape};

fn finding(rule: &'static str, sentence: &str) -> Finding {
    Finding {
        rule,
        stage: "load",
        sentence: sentence.to_owned(),
        missing_object: Some(Text::from("libcublas.so.12")),
        missing: Vec::new(),
        certainty: Certainty::Certain,
        evidence: vec![
            Evidence::event(Seq(12), "the loader's words"),
            Evidence::event(Seq(80), "the loader's words"),
        ],
        remedy: vec!["Do this:".to_owned(), "$ a command".to_owned()],
    }
}

fn backend(name: &str, verdict: Verdict, findings: Vec<Finding>) -> BackendVerdict {
    BackendVerdict {
        name: Text::from(name),
        dir: Text::from("/lib"),
        verdict,
        findings,
        warnings: Vec::new(),
        to_settle: Vec::new(),
    }
}

fn answer() -> Explanation {
    Explanation {
        version: Some(Text::from("0.16.3")),
        backends: vec![
            backend(
                "cuda_v12",
                Verdict::Failed,
                vec![finding(
                    "VG051",
                    "It could not be loaded: libcublas.so.12 is missing.",
                )],
            ),
            backend(
                "rocm",
                Verdict::Absent,
                vec![finding("VG009", "rocm is not installed.")],
            ),
            backend("vulkan", Verdict::Used, Vec::new()),
        ],
        cpu_only: true,
        finished: true,
        ..Explanation::default()
    }
}

#[test]
fn the_table_comes_first_then_the_cause_with_evidence_and_remedy() {
    insta::assert_snapshot!(write(&answer(), Looks::default()));
}

#[test]
fn where_no_backend_has_a_row_one_speaks_for_all_with_the_command() {
    let backend = |name: &str, rule: &'static str, certainty| BackendVerdict {
        name: Text::from(name),
        dir: Text::default(),
        verdict: if rule == "VG201" {
            Verdict::Unknown
        } else {
            Verdict::Absent
        },
        findings: vec![Finding {
            certainty,
            ..finding(rule, &format!("Nothing here names {name}."))
        }],
        warnings: Vec::new(),
        to_settle: vec!["$ settle it".to_owned()],
    };
    let shown = |backends: Vec<BackendVerdict>| {
        let explanation = Explanation {
            backends,
            cpu_only: true,
            finished: true,
            ..Explanation::default()
        };
        write(&explanation, Looks::default())
    };
    for rule in ["VG201", "VG009"] {
        let names = ["cuda_v12", "cuda_v13", "vulkan"];
        let text = shown(
            names
                .map(|name| backend(name, rule, Certainty::Likely))
                .to_vec(),
        );
        assert!(text.contains("cuda_v13 as for the others"), "{text}");
        assert_eq!(text.matches("$ settle it").count(), 1, "{text}");
        assert!(
            text.contains("perhaps") || text.contains("or not where"),
            "{text}"
        );
    }
    let text = shown(vec![backend("cuda_v13", "VG009", Certainty::Certain)]);
    assert!(text.contains("not installed: cuda_v13"), "{text}");
    assert!(!text.contains("settle"), "{text}");
}

#[test]
fn a_search_that_was_over_before_is_not_called_unfinished() {
    let mut explanation = Explanation::default();
    assert!(headline(&explanation)[0].starts_with("It shows no start of Ollama"));
    explanation.version = Some(Text::from("0.16.3"));
    assert!(headline(&explanation)[0].contains("0.16.3 had not finished"));
    explanation.version = None;
    explanation
        .general
        .push(finding("VG203", "The server was running."));
    assert_eq!(
        headline(&explanation),
        ["Ollama's search for devices is not in this recording."]
    );
}

#[test]
fn a_device_is_not_called_used_when_a_model_is_not_on_it() {
    let card = crate::discover::model::Device {
        id: Text::from("0"),
        library: Text::from("CUDA"),
        fields: [(Text::from("description"), Text::from("NVIDIA H200"))].into(),
        ..Default::default()
    };
    let mut explanation = answer();
    explanation.used = vec![card];
    let said = |explanation: &Explanation| headline(explanation).join(" ");
    let mut two = answer();
    two.used = vec![explanation.used[0].clone(), explanation.used[0].clone()];
    assert_eq!(said(&two), "Ollama 0.16.3 uses 2 x NVIDIA H200 (CUDA).");
    assert_eq!(said(&explanation), "Ollama 0.16.3 uses NVIDIA H200 (CUDA).");
    for (rule, expected) in [
        ("VG165", " uses NVIDIA H200 (CUDA)."),
        ("VG169", " uses NVIDIA H200 (CUDA)."),
        ("VG162", ": a model is not wholly on NVIDIA H200 (CUDA)."),
        (
            "VG160",
            ": a model's process died; there is NVIDIA H200 (CUDA).",
        ),
    ] {
        explanation
            .models
            .push(finding(rule, "A model was started."));
        assert_eq!(said(&explanation), format!("Ollama 0.16.3{expected}"));
    }
}

#[test]
fn a_missing_card_is_news_only_when_the_search_was_over() {
    let mut explanation = answer();
    let card = "This machine has no GPU.";
    explanation.general.push(finding("VG180", card));
    assert_eq!(headline(&explanation)[0], card);
    (explanation.cpu_only, explanation.finished) = (false, false);
    assert_eq!(
        headline(&explanation),
        ["Ollama 0.16.3 had not finished looking for devices."]
    );
}

#[test]
fn a_source_that_ends_too_early_says_what_to_do() {
    let mut explanation = answer();
    let told = |explanation: &Explanation| {
        let text = table(explanation, Looks::default());
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(!told(&explanation).contains("cannot tell"));
    (explanation.cpu_only, explanation.finished) = (false, false);
    assert!(told(&explanation).contains("record again, until the table is complete"));
    explanation.origin = Origin::Log;
    let log = told(&explanation);
    assert!(
        log.contains("this log cannot tell") && !log.contains("record again"),
        "{log}"
    );
    explanation
        .general
        .push(finding("VG207", "Ollama itself ended."));
    assert!(!told(&explanation).contains("cannot tell"));
    let mut nothing = Explanation::default();
    assert!(!told(&nothing).contains("record again"));
    nothing.notes.push(SEARCH_CUT.to_owned());
    assert!(told(&nothing).contains("has no end"));
}

#[test]
fn the_table_alone_has_no_paragraphs() {
    let text = table(&answer(), Looks::default());
    assert!(
        text.contains("cuda_v12  failed") && text.contains("not installed: rocm"),
        "{text}"
    );
    assert!(!text.contains("what to do"), "{text}");
}

#[test]
fn only_what_changed_is_told_at_the_end() {
    let before = answer();
    assert_eq!(changes(&before, &before, Looks::default()), "");
    let mut after = answer();
    after.backends[2].verdict = Verdict::Filtered;
    let text = changes(&before, &after, Looks::default());
    assert!(
        text.contains("vulkan") && !text.contains("cuda_v12"),
        "{text}"
    );
}

/// Whatever a traced program wrote.
fn hostile() -> (Explanation, Model) {
    let bad = "\u{1b}]0;x\u{7}\u{202e}|<b>\n# x\r\u{9b}31m";
    let mut one = finding("VG051", bad);
    one.missing_object = Some(Text::from(bad));
    one.missing = vec![Text::from(bad), Text::from(bad)];
    one.evidence = vec![Evidence::event(Seq(1), bad)];
    one.remedy = vec![format!("$ {bad}"), bad.to_owned()];
    let mut explanation = answer();
    explanation.version = Some(Text::from(bad));
    explanation.library_dir = Text::from(bad);
    explanation.backends = vec![backend(bad, Verdict::Unknown, vec![one.clone()])];
    explanation.general = vec![one.clone()];
    explanation.models = vec![one];
    explanation.notes = vec![bad.to_owned()];
    let model = Model {
        server: Some(Server::default()),
        folders: vec![Folder {
            name: Text::from(bad),
            path: Text::from(bad),
            names: Some(vec![Text::from(bad)]),
            ..Folder::default()
        }],
        lines: vec![Line {
            message: Text::from(bad),
            seen: Some(Evidence::line(1, bad)),
            ..Line::default()
        }],
        ..Model::default()
    };
    (explanation, model)
}

#[test]
fn no_byte_of_a_traced_program_acts_on_a_terminal() {
    let (explanation, model) = hostile();
    for text in [
        write(&explanation, Looks::default()),
        table(&explanation, Looks::default()),
        to_json(&explanation),
        to_markdown(&explanation, &model),
        super::story(&model, Looks::default()),
    ] {
        let acting = text
            .chars()
            .find(|one| *one != '\n' && escape::text(&one.to_string()) != one.to_string());
        assert_eq!(acting, None, "{text}");
    }
    // Indented lines are code, which stays as it is.
    let markdown = to_markdown(&explanation, &model);
    assert!(
        markdown
            .lines()
            .filter(|line| !line.starts_with("    "))
            .all(|line| !line.contains("<b>"))
    );
}

#[test]
fn lines_keep_to_eighty_columns_but_for_commands_and_long_words() {
    for line in write(&answer(), Looks::default()).lines() {
        assert!(
            line.len() <= 80 || line.trim_start().starts_with("$ "),
            "{line}"
        );
    }
}

#[test]
fn a_page_has_its_parts() {
    let text = page(rules::by_id("vg052").unwrap());
    for part in [
        "# VG052: ",
        "## What proves it",
        "## What to do",
        "    nvidia-smi",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn a_run_without_a_real_gpu_is_called_so_in_every_form() {
    let mut answer = answer();
    assert!(!write(&answer, Looks::default()).contains("No real GPU"));
    answer.virtual_gpu = Some(Text::from("the GPU is pretended"));
    let label = "No real GPU: the GPU is pretended.";
    assert!(write(&answer, Looks::default()).contains(label));
    assert!(table(&answer, Looks::default()).contains(label));
    assert!(to_markdown(&answer, &Model::default()).contains(label));
    assert!(to_json(&answer).contains(r#""virtual_gpu":"the GPU is pretended""#));
}

#[test]
fn an_issue_report_has_all_that_the_text_says() {
    let mut answer = answer();
    let right = "The CPU is right here | really.";
    answer.general.push(finding("VG180", right));
    answer.notes.push("A note with *stars*.".to_owned());
    answer.backends[0].to_settle = vec![
        "Record it_all:".to_owned(),
        "$ sudo vgputrace run --env A=<b>".to_owned(),
    ];
    let markdown = to_markdown(&answer, &Model::default());
    let first = markdown.lines().next().unwrap();
    assert_eq!(first, "**The CPU is right here \\| really.**");
    for part in [
        "**Ollama 0.16.3 uses the CPU: no backend gave it a device.**",
        "**cuda\\_v12: what would settle it**",
        "\nRecord it\\_all:\n\n    sudo vgputrace run --env A=<b>\n",
        "- A note with \\*stars\\*.",
    ] {
        assert!(markdown.contains(part), "{part}: {markdown}");
    }
}
