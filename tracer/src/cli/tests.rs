//! Command lines and what they mean.

use std::ffi::OsString;
use std::time::Duration;

use clap::Parser as _;

use super::{Cli, Command, definition};
use crate::cmd::run::{Engine, Props, Until};
use crate::cmd::show::Form;

fn run(words: &[&str]) -> Result<Props, String> {
    let line = ["vgputrace", "run"].iter().chain(words);
    match Cli::try_parse_from(line)
        .map_err(|error| error.to_string())?
        .command
    {
        Command::Run(args) => Ok(args.into_props()),
        _ => Err("not run".to_owned()),
    }
}

fn words(list: &[&str]) -> Vec<OsString> {
    list.iter().map(OsString::from).collect()
}

#[test]
fn the_definition_is_consistent() {
    definition().debug_assert();
}

#[test]
fn run_knows_all_its_options() {
    let props = run(&[
        "-o",
        "x.vgt",
        "--timeout",
        "1.5s",
        "--until",
        "model loaded",
        "--user",
        "ollama",
        "--env",
        "A=b=c",
        "--env",
        "B=",
        "--unset",
        "C",
        "--env-values",
        "all",
        "--max-size",
        "500M",
        "--quiet",
        "--json",
        "--engine",
        "ebpf",
        "-vv",
        "--like-unit",
        "ollama.service",
        "--",
        "ollama",
        "serve",
        "--port",
        "1",
    ])
    .unwrap();
    assert_eq!(props.output.as_deref(), Some("x.vgt".as_ref()));
    assert_eq!(props.timeout, Some(Duration::from_millis(1500)));
    assert!(matches!(props.until, Some(Until::Pattern(regex)) if regex.as_str() == "model loaded"));
    assert_eq!(props.user.as_deref(), Some("ollama"));
    let pairs = [("A", "b=c"), ("B", "")].map(|(k, v)| (OsString::from(k), OsString::from(v)));
    assert_eq!(props.set_env, pairs);
    assert_eq!(props.unset_env, words(&["C"]));
    assert!(props.all_env_values && props.quiet && props.json);
    assert_eq!(
        (props.max_size, props.verbose, props.engine),
        (500 << 20, 2, Engine::Ebpf)
    );
    assert_eq!(props.like_unit.as_deref(), Some("ollama.service"));
    assert_eq!(props.command, words(&["ollama", "serve", "--port", "1"]));
}

#[test]
fn the_command_may_stand_without_dashes_and_keeps_its_own_options() {
    let props = run(&[
        "--until",
        "discovery",
        "ollama",
        "serve",
        "--json",
        "-o",
        "y",
    ])
    .unwrap();
    assert_eq!(
        props.command,
        words(&["ollama", "serve", "--json", "-o", "y"])
    );
    assert!(matches!(props.until, Some(Until::Discovery)));
    assert!(!props.json && props.output.is_none());
    assert_eq!((props.max_size, props.engine), (1 << 30, Engine::Auto));
    assert_eq!(run(&["--like-unit", "x"]).unwrap().command, words(&[]));
}

#[test]
fn a_wrong_call_says_what_is_wrong() {
    for (line, says) in [
        (&[][..], "<CMD>"),
        (
            &["--timeout", "30", "x"],
            "the unit is missing: 30s or 30m?",
        ),
        (&["--max-size", "1K", "x"], "at least 64KiB"),
        (&["--env", "A", "x"], "NAME=VALUE"),
        (&["--env", "=b", "x"], "the name before `=` is missing"),
        (&["--unset", "A=b", "x"], "without `=`"),
        (
            &["--until", "a(", "x"],
            "no regular expression: unclosed group",
        ),
        (
            &["--engine", "magic", "x"],
            "[possible values: auto, ebpf, ptrace]",
        ),
        (&["--tiemout", "3s", "x"], "--timeout"),
    ] {
        let error = run(line).unwrap_err();
        assert!(error.contains(says), "{line:?}: {error}");
    }
}

#[test]
fn show_takes_filters_in_words_and_options() {
    let line = "vgputrace show -k open,stat -p p3 -t x --time ..1s -f -n run.vgt not cuda";
    let Command::Show(args) = Cli::try_parse_from(line.split(' ')).unwrap().command else {
        panic!("not show");
    };
    let props = args.into_props();
    assert_eq!(props.filter, "not cuda");
    assert_eq!(
        (props.form, props.failures, props.numbers),
        (Form::Text, true, true)
    );
    assert_eq!(
        (props.kinds[0].as_str(), props.processes[0].as_str()),
        ("open,stat", "p3")
    );
    for line in ["show --summary x.vgt cuda", "show --json -n x.vgt", "show"] {
        let line = std::iter::once("vgputrace").chain(line.split(' '));
        assert!(Cli::try_parse_from(line).is_err());
    }
}

#[test]
fn doctor_takes_a_program_a_measurement_and_a_form() {
    let doctor = |line: &str| match Cli::try_parse_from(line.split(' ')).unwrap().command {
        Command::Doctor(args) => args.into_props(),
        _ => panic!("not doctor"),
    };
    let plain = doctor("vgputrace doctor");
    assert!(plain.program.is_none() && !plain.measure && !plain.json);
    let full = doctor("vgputrace doctor --bin /o/ollama --measure --json");
    assert_eq!(full.program.as_deref(), Some("/o/ollama".as_ref()));
    assert!(full.measure && full.json);
}

#[test]
fn check_and_try_take_what_they_need() {
    let parse = |line: &str| Cli::try_parse_from(line.split(' ')).map(|cli| cli.command);
    let Ok(Command::Check(args)) = parse("vgputrace check --root /mnt --bin /o/ollama --json")
    else {
        panic!("not check");
    };
    let props = args.into_props();
    assert_eq!(props.root.as_deref(), Some("/mnt".as_ref()));
    assert!(props.program.is_some() && props.json);
    let Ok(Command::Try(args)) = parse("vgputrace try /x.so --like a.vgt:server --timeout 5")
    else {
        panic!("not try");
    };
    let props = args.into_props();
    assert_eq!(props.like.as_deref(), Some("a.vgt:server".as_ref()));
    assert_eq!(props.timeout, Duration::from_secs(5));
    assert!(
        parse("vgputrace try --dir cuda_v12").is_ok(),
        "the folder has its backend"
    );
    for wrong in [
        "vgputrace try",
        "vgputrace try /x.so",
        "vgputrace try --like a.vgt",
        "vgputrace try /x.so --like a --dir b",
        "vgputrace try /x.so --like a --timeout 0",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn every_help_fits_a_terminal_and_has_an_example() {
    for command in definition()
        .get_subcommands_mut()
        .filter(|command| !command.is_hide_set())
    {
        let help = command.render_long_help().to_string();
        assert!(help.contains("Examples:"), "{help}");
        assert!(
            help.lines().all(|line| line.chars().count() <= 100),
            "{help}"
        );
    }
}
