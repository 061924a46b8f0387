//! Arguments of a program: values of secret options, `NAME=VALUE`, `-u user:password`, prompts.

use super::label::{is_credentials, is_harmless, option_label, takes_credentials};
use super::name::{self, Label};
use super::spans::{MARK, at, part, until};
use super::text::text;
use crate::event::Text;

/// What the argument before says about this one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Nothing,
    /// A secret; with the flag, small numbers and `none` are harmless.
    Secret(Label),
    /// The value of a header, perhaps after its scheme (`Bearer`).
    HeaderValue,
    /// `Name: value`.
    Header,
    /// `user:password`.
    Credentials,
}

/// Programs and the short options of theirs that take a secret, attached or not.
const SHORT: [(&[u8], &[u8]); 8] = [
    (b"sshpass", b"-p"),
    (b"mysql", b"-p"),
    (b"mysqldump", b"-p"),
    (b"mariadb", b"-p"),
    (b"redis-cli", b"-a"),
    (b"ldapsearch", b"-w"),
    (b"llama-cli", b"-p"),
    (b"llama-cli", b"-sys"),
];

/// The arguments without their secrets, as many as came in.
#[must_use]
pub fn argv<A: AsRef<[u8]>>(arguments: &[A]) -> Vec<Text> {
    let mut expect = Expect::Nothing;
    let mut programs: Vec<&[u8]> = Vec::new();
    let mut model_seen = 0_u32;
    let mut screened = Vec::with_capacity(arguments.len());
    for argument in arguments.iter().map(AsRef::as_ref) {
        let base = until_last_slash(argument);
        let is_prompt = model_seen > 2 && !argument.starts_with(b"-");
        let (out, next) = if is_prompt {
            (withheld(b""), Expect::Nothing)
        } else {
            one(argument, expect, &programs)
        };
        // `ollama run MODEL PROMPT...`: everything after the model is a prompt.
        model_seen = match model_seen {
            0 => u32::from(base == b"ollama"),
            1 if argument == b"run" => 2,
            2 if !argument.starts_with(b"-") => 3,
            1 => 0,
            other => other,
        };
        if SHORT.iter().any(|(program, _)| *program == base) {
            programs.push(base);
        }
        screened.push(out);
        expect = next;
    }
    screened
}

fn one(argument: &[u8], expect: Expect, programs: &[&[u8]]) -> (Text, Expect) {
    match expect {
        Expect::Secret(Label::Likely) if is_harmless(argument) => {}
        Expect::Secret(_) => return (withheld(b""), Expect::Nothing),
        Expect::HeaderValue => {
            let scheme: [&[u8]; 4] = [b"bearer", b"basic", b"digest", b"token"];
            let is_scheme = scheme
                .iter()
                .any(|word| argument.eq_ignore_ascii_case(word));
            return if is_scheme {
                (Text::from_bytes(argument), Expect::HeaderValue)
            } else {
                (withheld(b""), Expect::Nothing)
            };
        }
        Expect::Credentials if is_credentials(argument) => return (withheld(b""), Expect::Nothing),
        Expect::Header => return header(argument),
        Expect::Credentials | Expect::Nothing => {}
    }
    if argument.eq_ignore_ascii_case(b"bearer") {
        return (Text::from_bytes(argument), Expect::HeaderValue);
    }
    for program in programs {
        for (_, short) in SHORT.iter().filter(|(name, _)| name == program) {
            if argument == *short {
                return (Text::from_bytes(argument), Expect::Secret(Label::Secret));
            }
            if argument.starts_with(short) {
                return (withheld(short), Expect::Nothing);
            }
        }
    }
    if argument.starts_with(b"-") {
        option(argument)
    } else {
        assignment(argument)
    }
}

/// `--name`, `--name=value`, `-uuser:password`, `-HName: value`.
fn option(argument: &[u8]) -> (Text, Expect) {
    let attached = part(argument, 2, argument.len());
    if argument.starts_with(b"-u") && is_credentials(attached) {
        return (withheld(b"-u"), Expect::Nothing);
    }
    if argument.starts_with(b"-H") && attached.contains(&b':') {
        let (value, expect) = header(attached);
        return (
            Text::from_bytes(&[b"-H", value.to_bytes().as_ref()].concat()),
            expect,
        );
    }
    let start = until(argument, 0, |byte| byte != b'-');
    let end = until(argument, start, |byte| !is_name_byte(byte));
    let name = part(argument, start, end);
    let kind = option_label(name);
    if end == argument.len() {
        let expect = match name {
            _ if kind != Label::Plain => Expect::Secret(kind),
            b"H" | b"header" | b"proxy-header" => Expect::Header,
            name if takes_credentials(name) => Expect::Credentials,
            _ => Expect::Nothing,
        };
        return (text(argument), expect);
    }
    let value = part(argument, end + 1, argument.len());
    let secret = match kind {
        Label::Plain => takes_credentials(name) && is_credentials(value),
        Label::Likely => !is_harmless(value),
        _ => true,
    };
    if at(argument, end) == b'=' && secret {
        return (withheld(part(argument, 0, end + 1)), Expect::Nothing);
    }
    (text(argument), Expect::Nothing)
}

/// `NAME=VALUE`; anything else passes as text.
fn assignment(argument: &[u8]) -> (Text, Expect) {
    let end = until(argument, 0, |byte| !is_name_byte(byte));
    let name = part(argument, 0, end);
    match at(argument, end) {
        b'=' => {
            let value = part(argument, end + 1, argument.len());
            let kind = match name::label(name, b'=') {
                Label::Plain if name.eq_ignore_ascii_case(b"key") => Label::Likely,
                kind => kind,
            };
            let secret = kind != Label::Plain && !(kind == Label::Likely && is_harmless(value));
            if secret && !value.is_empty() {
                return (withheld(part(argument, 0, end + 1)), Expect::Nothing);
            }
        }
        // `Authorization:` as a word of its own.
        b':' if end + 1 == argument.len() && is_secret_header(name) => {
            return (Text::from_bytes(argument), Expect::HeaderValue);
        }
        _ => {}
    }
    (text(argument), Expect::Nothing)
}

/// A header as an argument of its own.
fn header(argument: &[u8]) -> (Text, Expect) {
    let colon = until(argument, 0, |byte| byte == b':');
    if !is_secret_header(part(argument, 0, colon)) {
        return (text(argument), Expect::Nothing);
    }
    if part(argument, colon + 1, argument.len())
        .trim_ascii()
        .is_empty()
    {
        return (Text::from_bytes(argument), Expect::HeaderValue);
    }
    let head = part(argument, 0, colon + 1);
    (withheld(&[head, b" "].concat()), Expect::Nothing)
}

fn is_secret_header(name: &[u8]) -> bool {
    name::is_secret_variable(name)
        || matches!(name::label(name, b':'), Label::Header | Label::Secret)
}

fn withheld(head: &[u8]) -> Text {
    Text::from_bytes(&[head, MARK.as_bytes()].concat())
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn until_last_slash(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}
