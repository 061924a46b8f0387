//! ExecStart=: prefixes, words, and the variables in them (systemd.service(5), "Command lines").
//!
//! In: the value of the setting, later the environment. Out: program and arguments. Nothing is looked up on disk.

use super::environment::Environment;
use super::specifier::Name;
use super::words::{Mode, Words};

/// Whose rights a command keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Privilege {
    /// Those of User=.
    #[default]
    User,
    /// Prefix `!`: root, inside the sandbox.
    Credentials,
    /// Prefix `+`: root, outside of the sandbox.
    Full,
}

/// One command line of ExecStart=, before variables are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Absolute path, or a name without slash.
    pub program: String,
    /// `argv[0]`, where prefix `@` gives another than `program`.
    pub argv0: Option<String>,
    /// Arguments after `argv[0]`.
    pub args: Vec<String>,
    /// Prefix `:` was not given: `$NAME` and `${NAME}` are replaced.
    pub variables: bool,
    /// Prefix `+` or `!`.
    pub privilege: Privilege,
}

/// What became of one value of ExecStart=.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Commands {
    /// In order.
    pub(super) commands: Vec<Command>,
    /// Why systemd passes over the rest of the line.
    pub(super) ignored: Option<String>,
    /// Specifiers that were left as they are.
    pub(super) left: Vec<char>,
}

/// Reads one value; several commands are separated by a lone `;`.
pub(super) fn parse(value: &str, name: &Name) -> Commands {
    let mut out = Commands::default();
    let mut words = Words::new(value, Mode::Command);
    loop {
        while words.take_lone(";") {}
        match one(&mut words, name, &mut out.left) {
            Ok(Some(command)) => out.commands.push(command),
            Ok(None) => return out,
            Err(reason) => {
                out.ignored = Some(reason);
                return out;
            }
        }
    }
}

fn one(
    words: &mut Words<'_>,
    name: &Name,
    left: &mut Vec<char>,
) -> Result<Option<Command>, String> {
    let mut next = |words: &mut Words<'_>| -> Result<Option<String>, String> {
        let Some(word) = words.next() else {
            return Ok(None);
        };
        let word = word.map_err(|syntax| syntax.to_string())?;
        let word = String::from_utf8(word).map_err(|_| "an argument is no UTF-8".to_owned())?;
        let expanded = name
            .expand(&word)
            .map_err(|letter| format!("systemd knows no specifier %{letter}: {word:?}"))?;
        left.extend(expanded.left);
        Ok(Some(expanded.text))
    };
    let Some(first) = next(words)? else {
        return Ok(None);
    };
    let mut command = Command {
        program: String::new(),
        argv0: None,
        args: Vec::new(),
        variables: true,
        privilege: Privilege::User,
    };
    let separate = prefixes(&first, &mut command)?;
    if separate {
        command.argv0 = Some(next(words)?.ok_or("prefix @ needs a second word")?);
    }
    loop {
        if words.take_lone(";") {
            break;
        }
        if words.take_lone("\\;") {
            command.args.push(";".to_owned());
            continue;
        }
        match next(words)? {
            Some(word) => command.args.push(word),
            None => break,
        }
    }
    Ok(Some(command))
}

/// Reads prefixes and program; true for `@`.
fn prefixes(first: &str, command: &mut Command) -> Result<bool, String> {
    let mut separate = false;
    let mut marks = String::new();
    let mut rest = first;
    while let Some(mark) = rest.chars().next().filter(|c| "-@:+!|".contains(*c)) {
        rest = rest.get(1..).unwrap_or_default();
        match mark {
            '@' => separate = true,
            ':' => command.variables = false,
            '+' | '!' => marks.push(mark),
            '|' => return Err("prefix | (a command run by the login shell) is not read".to_owned()),
            _ => {}
        }
    }
    command.privilege = match marks.as_str() {
        // "!!" has an effect only on kernels without ambient capabilities (before 4.3).
        "" | "!!" => Privilege::User,
        "!" => Privilege::Credentials,
        "+" => Privilege::Full,
        _ => return Err(format!("prefixes {marks} together")),
    };
    if rest.is_empty() {
        return Err("no program".to_owned());
    }
    if rest.contains('/') && !rest.starts_with('/') {
        return Err(format!(
            "neither an absolute path nor a plain name: {rest:?}"
        ));
    }
    if rest.chars().any(|c| c.is_ascii_control()) {
        return Err("a control character in the program's name".to_owned());
    }
    rest.clone_into(&mut command.program);
    Ok(separate)
}

/// Arguments with their variables replaced: `$NAME` as a word of its own becomes the words of its value, `${NAME}` its
/// value in place, `$$` one dollar. An unknown variable is empty.
#[must_use]
pub fn expand(args: &[String], environment: &Environment) -> Vec<String> {
    let mut out = Vec::with_capacity(args.len());
    for arg in args {
        match arg.strip_prefix('$') {
            Some(name) if !name.is_empty() && !name.starts_with(['{', '$']) => {
                let value = environment.get(name).unwrap_or_default();
                out.extend(
                    Words::new(value, Mode::Variable)
                        .filter_map(Result::ok)
                        .map(|word| String::from_utf8_lossy(&word).into_owned()),
                );
            }
            _ => out.push(braces(arg, environment)),
        }
    }
    out
}

fn braces(arg: &str, environment: &Environment) -> String {
    let mut out = String::with_capacity(arg.len());
    let mut rest = arg;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = after.strip_prefix('{').and_then(|t| t.split_once('}'))
        {
            out.push_str(environment.get(name).unwrap_or_default());
            rest = after;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Environment, Name, Privilege, expand, parse};
    use crate::source::unit::environment::Origin;

    fn name() -> Name {
        Name::new("x@7").unwrap()
    }

    #[test]
    fn words_are_those_of_systemd() {
        let parsed = parse(
            r#"-:@/bin/sh argv0 "a b" $ONE ${TWO}x \; $$x 'q''r' a %i ; !second \x24\\"#,
            &name(),
        );
        let [one, two] = &parsed.commands[..] else {
            panic!("{parsed:?}");
        };
        assert_eq!(
            (one.program.as_str(), one.argv0.as_deref()),
            ("/bin/sh", Some("argv0"))
        );
        assert_eq!(
            one.args,
            ["a b", "$ONE", "${TWO}x", ";", "$$x", "qr", "a", "7"]
        );
        assert!(!one.variables && two.variables);
        assert_eq!(
            (two.program.as_str(), two.privilege),
            ("second", Privilege::Credentials)
        );
        assert_eq!(two.args, ["$\\"]);
    }

    #[test]
    fn a_wrong_line_is_passed_over_with_a_reason() {
        for line in [
            "",
            "-",
            "@/bin/x",
            "+!/bin/x",
            "./x",
            "/bin/x 'a",
            "/bin/x %Q",
            "|x",
        ] {
            let parsed = parse(line, &name());
            assert!(parsed.commands.is_empty(), "{line}");
            assert_eq!(parsed.ignored.is_some(), !line.is_empty(), "{line}");
        }
        assert_eq!(
            parse("+/bin/x", &name()).commands[0].privilege,
            Privilege::Full
        );
    }

    #[test]
    fn variables_are_replaced_as_the_manual_says() {
        let mut environment = Environment::default();
        for (key, value) in [("ONE", "'one'"), ("TWO", "'two two' too"), ("THREE", "")] {
            environment.set(key, value, Origin::Manager);
        }
        let run = |args: &[&str]| {
            expand(
                &args.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>(),
                &environment,
            )
        };
        assert_eq!(
            run(&["${ONE}", "${TWO}", "${THREE}"]),
            ["'one'", "'two two' too", ""]
        );
        assert_eq!(run(&["$ONE", "$TWO", "$THREE"]), ["one", "two two", "too"]);
        assert_eq!(
            run(&["a$ONE", "$$ONE", "${NO}x${ONE}", "${open", "$", "cost: $$5"]),
            ["a$ONE", "$ONE", "x'one'", "${open", "$", "cost: $5"]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_expanded_without_a_panic(text: String) {
            let parsed = parse(&text, &name());
            for command in parsed.commands {
                let _ = expand(&command.args, &Environment::default());
            }
            let _ = expand(&[text], &Environment::default());
        }
    }
}
